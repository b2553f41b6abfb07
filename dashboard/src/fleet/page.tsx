// One node of the fleet: its cameras larger, its readings over time, what has happened.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Library } from "../library/library";
import { Facts, FullScreenButton, RecordBadge } from "../node/camera";
import { useSeen } from "../node/live";
import { MovingPicture, type Showing } from "../node/picture";
import { CameraSettings } from "../node/settings";
import { TakenSnapshot, useSnapshot } from "../node/snapshot";
import { cameraName, camerasOf, isOld, nodeName, type Camera, type Node } from "../state/node";
import { useText } from "../text/text";
import { explain } from "../ui/explain";
import { useFormat, useNow, useServices, useStore } from "../ui/hooks";
import { Button, Empty, Icon, useReason } from "../ui/parts";
import { Chart } from "./chart";
import { useFleet } from "./context";
import { Feed } from "./feed";
import { liveAddress, nodeAddress } from "./settings";
import { pictureOverMqtt } from "./snapshot";
import { pictureAge } from "./tile";
import { veilOf } from "./veil";

/** The address that the node gives of itself, if it is one that a link may lead to. */
export function ownPage(url: string | undefined): string | null {
	try {
		const address = url ? new URL(url) : null;
		return address && (address.protocol === "http:" || address.protocol === "https:") ? address.href : null;
	} catch {
		return null;
	}
}

function Badges({ node, camera, online, live, unset, now }: {
	node: Node; camera: Camera; online: boolean; live: boolean; unset: boolean; now: number;
}) {
	const text = useText();
	const format = useFormat();
	const age = camera.picture ? pictureAge(node, camera.id, now) : null;
	return (
		<div class="badges">
			<RecordBadge node={node} camera={camera} />
			{!online && <span class="badge alarm">{text.offline}</span>}
			{!live && age !== null && <span class="badge">{text.pictureOld(format.age(age))}</span>}
			{unset && <span class="badge unset">{text.liveUnset}</span>}
		</div>
	);
}

function NodeCamera({ node, camera, why, seen, observe }: {
	node: Node; camera: Camera; why: string; seen: boolean; observe: (element: Element | null) => void;
}) {
	const text = useText();
	const { settings, carrier } = useFleet();
	const connected = useStore((store) => store.link.state === "live");
	const now = useNow(1000);
	const [note, setNote] = useState<{ problem: boolean; words: string } | null>(null);
	const [showing, setShowing] = useState<Showing>("waiting");
	const [open, setOpen] = useState(false);
	const frame = useRef<HTMLDivElement>(null);
	const { store } = useServices();
	const [snapshot, takeSnapshot, dropSnapshot] = useSnapshot(camera.id, pictureOverMqtt(store, node.id, camera.id));
	useEffect(() => carrier.watchPicture(node.id, camera.id), [carrier, node.id, camera.id]);
	const name = cameraName(node, camera.id);
	const off = camera.enabled === false;
	const online = node.status === "online" && (off || camera.status !== "offline");
	const address = liveAddress(settings, node.id, camera.id);
	const live = online && connected && address !== null && !off;
	const on = camera.record?.state === "ON";
	const send = async (command: string, payload: object) => {
		setNote({ problem: false, words: text.sending });
		const reply = await carrier.command(node.id, camera.id, command, payload);
		setNote({ problem: !reply.ok, words: reply.ok ? [text.done, reply.message].filter(Boolean).join(": ") : explain(text, reply) });
		return reply;
	};
	const [guard, reason] = useReason(why || (node.status !== "online" ? text.whyOffline : off ? text.whyOff : ""));
	return (
		<article class={`camera ${online ? "" : "is-offline"}`} aria-label={name}>
			<div class="picture" ref={(element) => { frame.current = element; observe(element); }} data-camera={camera.id}>
				{camera.picture && !off
					? <img class="shown" src={camera.picture.url} alt="" />
					: <span class="veil">{veilOf(text, node, camera.id, connected)}</span>}
				{live && <MovingPicture address={address} mode={seen ? "stream" : "none"} alt={text.livePicture(name)} onState={setShowing} />}
				<Badges node={node} camera={camera} online={online} live={off || (live && showing === "shown")} unset={live && showing === "unset"} now={now} />
				<FullScreenButton frame={frame} />
			</div>
			<div class="camera-head">
				<h3>{name}</h3>
				{node.status === "online" && !(camera.stats && isOld(node, camera.statsAt, now)) && <Facts camera={camera} />}
			</div>
			<div class="actions">
				<Button class="record" icon={on ? "stop" : "record"} label={on ? text.stop : text.record} aria-pressed={on}
					{...guard} onClick={() => void send("record/set", { state: on ? "OFF" : "ON" })} />
				<Button class="snapshot" icon="camera" label={text.snapshot} {...guard}
					onClick={() => void takeSnapshot(send)} />
				<Button class="more" icon="settings" bare label={text.controls} aria-expanded={open} onClick={() => setOpen(!open)} />
			</div>
			{reason}
			{open && <CameraSettings node={node} camera={camera} operator={!why && node.status === "online"} send={send} />}
			<div role="status">
				{note && (note.problem || !snapshot) && <p class={`note ${note.problem ? "problem" : ""}`}>{note.words}</p>}
				{snapshot && <TakenSnapshot snapshot={snapshot} name={name} onClose={dropSnapshot} />}
			</div>
		</article>
	);
}

function About({ node }: { node: Node }) {
	const text = useText();
	const format = useFormat();
	const { info, telemetry } = node;
	const rows: [string, string | undefined][] = [
		[text.version, info?.version],
		[text.model, info?.model],
		[text.address, info?.ip],
		[text.diskFree, telemetry?.disk_total_gb
			? text.diskFreeOf(format.gigabytes(telemetry.disk_free_gb), format.gigabytes(telemetry.disk_total_gb))
			: format.gigabytes(telemetry?.disk_free_gb)],
		[text.uptime, telemetry && format.age(telemetry.uptime_s * 1000)],
	];
	return (
		<dl class={`about ${node.status === "online" ? "" : "old"}`}>
			{rows.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
		</dl>
	);
}

function Charts({ node }: { node: Node }) {
	const text = useText();
	const format = useFormat();
	const now = useNow(5000);
	const old = isOld(node, node.telemetryAt, now);
	const { history } = node;
	if (!node.telemetry)
		return <p class="note">{text.noReadings}</p>;
	return (
		<>
			{old && <p class="old-note">{text.readingsOld(format.age(now - node.telemetryAt))}</p>}
			<div class={`charts ${old ? "old" : ""}`}>
				<Chart title={text.cpu} unit="%" history={history} pick={(reading) => reading.cpu} min={0} max={100} />
				<Chart title={text.temperature} unit="°C" history={history} pick={(reading) => reading.temp} />
				<Chart title={text.memory} unit="%" history={history} pick={(reading) => reading.mem} min={0} max={100} />
				<Chart title={text.diskFree} unit="GB" history={history} pick={(reading) => reading.disk} min={0} />
			</div>
		</>
	);
}

function Cameras({ node, why }: { node: Node; why: string }) {
	const text = useText();
	const { settings, carrier } = useFleet();
	const [seen, observe] = useSeen();
	useEffect(() => carrier.watchControls(node.id), [carrier, node.id]);
	return (
		<div class="live">
			<div>
				<div id="cameras">
					{camerasOf(node).map((camera) => (
						<NodeCamera key={camera.id} node={node} camera={camera} why={why} seen={seen.has(camera.id)} observe={observe} />
					))}
				</div>
				{!settings.live && <p class="note">{text.liveNotSet}</p>}
				<Charts node={node} />
			</div>
			<Feed of={node.id} />
		</div>
	);
}

function Recordings({ node, open, why }: { node: Node; open: string; why: string }) {
	const text = useText();
	const base = nodeAddress(useFleet().settings, node.id);
	if (base === null)
		return <Empty title={text.recordingsNotSet} />;
	const place = { node: node.id, base, route: `#/node/${node.id}/recordings` };
	return <Library place={place} open={open} why={why || (node.status === "online" ? "" : text.whyOffline)} />;
}

/** `library`: the recording that is open there, "" for none; null: the cameras are shown. `why` nothing can be commanded. */
export function NodePage({ id, library, why }: { id: string; library: string | null; why: string }) {
	const text = useText();
	const node = useStore((store) => store.nodes.get(id));
	useLayoutEffect(() => scrollTo(0, 0), []); // the grid may have been scrolled far
	if (!node)
		return <Empty title={text.noNodesMatch}><a href="#/">{text.back}</a></Empty>;
	const page = ownPage(node.info?.http_url);
	const tab = (name: string, href: string, here: boolean) => <a href={href} aria-current={here ? "page" : undefined}>{name}</a>;
	return (
		<section class="node-page" aria-label={nodeName(node)}>
			<header class="node-head">
				<a class="button bare" href="#/" aria-label={text.back} title={text.back}><Icon name="back" /></a>
				<h2>{nodeName(node)}</h2>
				<span class={`badge ${node.status === "online" ? "link-live" : "link-lost"}`}>{text[node.status]}</span>
				<nav class="tabs" aria-label={nodeName(node)}>
					{tab(text.cameras, `#/node/${id}`, library === null)}
					{tab(text.recordings, `#/node/${id}/recordings`, library !== null)}
				</nav>
				{page && <a href={page} target="_blank" rel="noopener noreferrer">{text.openPage}</a>}
			</header>
			<About node={node} />
			{library === null ? <Cameras node={node} why={why} /> : <Recordings node={node} open={library} why={why} />}
		</section>
	);
}
