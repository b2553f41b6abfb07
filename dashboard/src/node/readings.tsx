// How the machine is: a row of readings above the cameras.
import type { ComponentChildren } from "preact";
import type { TelemetryPayload } from "../contract/generated";
import { isOld } from "../state/node";
import { diskIsLow, throttling } from "../state/health";
import { useText } from "../text/text";
import { useFormat, useNow, useStore } from "../ui/hooks";
import { Icon, Sparkline } from "../ui/parts";
import { theNode } from "./app";

function Reading({ name, value, children }: { name: string; value: string; children?: ComponentChildren }) {
	if (!value)
		return null;
	return <div class="reading"><dt>{name}</dt><dd>{value}{children}</dd></div>;
}

function Warnings({ telemetry }: { telemetry: TelemetryPayload }) {
	const text = useText();
	const power = throttling(telemetry);
	const warnings = [
		power === "now" && text.throttled,
		power === "before" && text.wasThrottled,
		!telemetry.time_synced && text.clockWrong,
		diskIsLow(telemetry) && text.diskLow,
	].filter((warning): warning is string => !!warning);
	if (!warnings.length)
		return null;
	return <ul class="warnings">{warnings.map((warning) => <li key={warning}><Icon name="warning" />{warning}</li>)}</ul>;
}

export function Readings() {
	const text = useText();
	const format = useFormat();
	const node = useStore(theNode);
	const now = useNow(5000);
	const telemetry = node?.telemetry;
	if (!telemetry)
		return null;
	const age = now - node.telemetryAt;
	const old = isOld(node, node.telemetryAt, now);
	return (
		<section class={`readings ${old ? "old" : ""}`} aria-label={text.model}>
			<dl>
				<Reading name={text.cpu} value={format.percent(telemetry.cpu_pct)}>
					<Sparkline history={node.history} pick={(reading) => reading.cpu} max={100} label={text.cpu} />
				</Reading>
				<Reading name={text.temperature} value={format.celsius(telemetry.temp_c)} />
				<Reading name={text.memory} value={format.percent(telemetry.mem_pct)} />
				<Reading name={text.diskFree} value={format.gigabytes(telemetry.disk_free_gb)} />
				<Reading name={text.uptime} value={format.age(telemetry.uptime_s * 1000)} />
				<Reading name={text.version} value={node.info?.version ?? ""} />
			</dl>
			{old && <p class="old-note">{text.readingsOld(format.age(age))}</p>}
			<Warnings telemetry={telemetry} />
		</section>
	);
}
