// One camera in the grid: the last snapshot with its age; live while it is pointed at.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { MovingPicture, type Showing } from "../node/picture";
import { diskIsLow, recordingOf, throttling } from "../state/health";
import { cameraName, isOld, nodeName, type Node } from "../state/node";
import type { Tile as Place } from "../state/tiles";
import { useText } from "../text/text";
import { offlineWords } from "../ui/explain";
import { useFormat, useNow, useStore } from "../ui/hooks";
import { Icon, Sparkline } from "../ui/parts";
import { useFleet } from "./context";
import { liveAddress } from "./settings";
import { veilOf } from "./veil";

const HOVER_MS = 250; // passing over is no wish to look

/** Milliseconds since the picture was taken, by the node's clock. */
export function pictureAge(node: Node, camera: string, now: number): number | null {
	const taken = Date.parse(node.cameras[camera]?.meta?.ts ?? "");
	return Number.isNaN(taken) ? null : Math.max(0, now - node.skewMs - taken);
}

function Warnings({ node }: { node: Node }) {
	const text = useText();
	const power = throttling(node.telemetry);
	const warnings = [power && (power === "now" ? text.throttled : text.wasThrottled), diskIsLow(node.telemetry) && text.diskLow].filter(Boolean);
	if (!warnings.length)
		return null;
	const words = warnings.join(", ");
	return <span class="warning" role="img" aria-label={words} title={words}><Icon name="warning" /></span>;
}

function Facts({ node, camera }: { node: Node; camera: string | null }) {
	const text = useText();
	const format = useFormat();
	const now = useNow(15_000);
	if (node.status !== "online") {
		const heard = node.heardAt ? `, ${text.lastSeen(format.age(now - node.heardAt))}` : "";
		return <span class="tile-facts">{text.offline}{heard}</span>;
	}
	if (node.telemetry && isOld(node, node.telemetryAt, now))
		return <span class="tile-facts problem">{text.readingsOld(format.age(now - node.telemetryAt))}</span>;
	const known = camera ? node.cameras[camera] : undefined;
	if (known?.status === "offline" && known.enabled !== false)
		return <span class="tile-facts problem" title={known.stats?.error}>{offlineWords(text, known)}</span>;
	const facts = [format.fps(known?.stats?.fps), format.percent(node.telemetry?.cpu_pct), format.celsius(node.telemetry?.temp_c)];
	return (
		<span class="tile-facts">
			{facts.filter(Boolean).join(" · ")}
			<Warnings node={node} />
			{node.history.length > 1 && <Sparkline history={node.history} pick={(reading) => reading.cpu} max={100} label={text.cpu} />}
		</span>
	);
}

/** True once the element has been pointed at, or has had the focus, for a moment. */
function useAttention(): [boolean, { [event: string]: () => void }] {
	const [on, set] = useState(false);
	const timer = useRef(0);
	useEffect(() => () => clearTimeout(timer.current), []);
	const begin = () => {
		clearTimeout(timer.current);
		timer.current = window.setTimeout(() => set(true), HOVER_MS);
	};
	const end = () => {
		clearTimeout(timer.current);
		set(false);
	};
	return [on, { onMouseEnter: begin, onMouseLeave: end, onFocusIn: begin, onFocusOut: end }];
}

interface Props {
	place: Place;
	selected: boolean;
	onSelect: (key: string, on: boolean) => void;
}

export function Tile({ place, selected, onSelect }: Props) {
	const text = useText();
	const format = useFormat();
	const { settings, carrier } = useFleet();
	const node = useStore((store) => store.nodes.get(place.node));
	const connected = useStore((store) => store.link.state === "live");
	const now = useNow(5000);
	const [attention, attend] = useAttention();
	const [showing, setShowing] = useState<Showing>("waiting");
	const { camera } = place;
	useLayoutEffect(() => (camera ? carrier.watchPicture(place.node, camera) : undefined), [carrier, place.node, camera]);
	if (!node)
		return null;
	const known = camera ? node.cameras[camera] : undefined;
	const name = camera ? cameraName(node, camera) : nodeName(node);
	const off = known?.enabled === false;
	const online = node.status === "online" && (off || known?.status !== "offline");
	const age = camera ? pictureAge(node, camera, now) : null;
	const address = camera ? liveAddress(settings, node.id, camera) : null;
	const live = attention && online && connected && address !== null && !off;
	const recording = recordingOf(node, known);
	return (
		<div class={`tile ${online ? "" : "is-offline"} ${selected ? "is-selected" : ""}`} {...attend}>
			<a href={`#/node/${node.id}`}>
				<span class="picture">
					{known?.picture && !off
						? <img class="shown" src={known.picture.url} alt="" decoding="async" />
						: <span class="veil">{veilOf(text, node, camera, connected)}</span>}
					{live && <MovingPicture address={address} mode="stream" query={settings.liveQuery} alt={text.livePicture(name)} onState={setShowing} />}
					<span class="badges">
						{recording === "running" && <span class="badge recording"><Icon name="record" />{text.recording}</span>}
						{recording === "armed" && <span class="badge armed"><Icon name="record" />{text.recordingArmed}</span>}
						{!online && <span class="badge alarm">{text.offline}</span>}
						{live && showing === "unset" && <span class="badge unset">{text.liveUnset}</span>}
					</span>
					{known?.picture && age !== null && !(live && showing === "shown") && !off && <span class="badge age" title={format.full(known!.meta!.ts)}>{format.age(age)}</span>}
				</span>
				<span class="tile-name">{nodeName(node)}{name !== nodeName(node) && <small>{name}</small>}</span>
				<Facts node={node} camera={camera} />
			</a>
			{camera && (
				<label class="tile-select" title={text.select}>
					<input type="checkbox" checked={selected} aria-label={`${text.select}: ${nodeName(node)}, ${name}`}
						onChange={(event) => onSelect(place.key, event.currentTarget.checked)} />
				</label>
			)}
		</div>
	);
}
