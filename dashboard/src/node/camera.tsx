// One camera: its picture, what it does, and what can be done with it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { recordingOf } from "../state/health";
import { cameraName, type Camera, type Node } from "../state/node";
import { useText } from "../text/text";
import { explain, offlineWords } from "../ui/explain";
import { useFormat, useNow, useServices, useStore } from "../ui/hooks";
import { Button, Icon, useReason } from "../ui/parts";
import { MovingPicture, type Mode, type Showing } from "./picture";
import { CameraSettings } from "./settings";
import { pictureByHttp, TakenSnapshot, useSnapshot } from "./snapshot";

interface Props {
	node: Node;
	camera: Camera;
	operator: boolean;
	mode: Mode;
	observe: (element: Element | null) => void;
}

/** What it records, and for how long; the time stands still while nobody says that it goes on. */
export function RecordBadge({ node, camera }: { node: Node; camera: Camera }) {
	const text = useText();
	const format = useFormat();
	const state = recordingOf(node, camera);
	const live = useStore((store) => store.link.state === "live");
	const now = useNow(state === "running" && live ? 1000 : null);
	if (state === "running") {
		const { started_at: started, file } = camera.record!;
		const seconds = started ? (now - node.skewMs - Date.parse(started)) / 1000 : 0;
		return <span class="badge recording" title={file}><Icon name="record" />{format.clock(seconds)}</span>;
	}
	if (state === "armed")
		return <span class="badge armed"><Icon name="record" />{text.recordingArmed}</span>;
	return state ? <span class="badge">{text.recordingFinishing}</span> : null;
}

export function Facts({ camera }: { camera: Camera }) {
	const text = useText();
	const format = useFormat();
	const stats = camera.stats;
	if (camera.enabled === false)
		return <p class="facts">{text.cameraDisabledHint}</p>;
	if (camera.status === "offline")
		return <p class="facts problem">{offlineWords(text, camera)}</p>;
	if (!stats)
		return <p class="facts">&nbsp;</p>;
	const facts = [
		stats.width && stats.height ? `${stats.width}\u200a×\u200a${stats.height}` : "",
		format.fps(stats.fps),
		stats.bitrate_mbps > 0 ? format.mbps(stats.bitrate_mbps) : "",
		text.watching(format.number(stats.viewers)),
	];
	return <p class="facts">{facts.filter(Boolean).join(" · ")}</p>;
}

function RecordNote({ camera }: { camera: Camera }) {
	const text = useText();
	const format = useFormat();
	const record = camera.record;
	if (record?.error)
		return <p class="note problem">{text.failed(record.error)}</p>;
	if (record?.state === "ON" && record.ends_at)
		return <p class="note">{text.recording} {text.recordingStopsAt(format.near(record.ends_at, Date.now()))}</p>;
	if (record?.state === "OFF" && !record.finishing && record.file)
		return <p class="note">{text.recorded}: <a href={`#/recordings/${record.file}`}>{record.file.split("/").pop()}</a></p>;
	return null;
}

/** A button by which what is around it fills the screen; nothing where a browser does not let it. */
export function FullScreenButton({ frame }: { frame: { current: HTMLElement | null } }) {
	const text = useText();
	const [on, toggle] = useFullScreenOf(frame);
	if (!document.fullscreenEnabled)
		return null;
	return <Button class="full" icon="expand" bare label={on ? text.leaveFullScreen : text.fullScreen} onClick={toggle} />;
}

function useFullScreenOf(ref: { current: HTMLElement | null }): [boolean, () => void] {
	const [on, set] = useState(false);
	useEffect(() => {
		const update = () => set(document.fullscreenElement === ref.current);
		document.addEventListener("fullscreenchange", update);
		return () => document.removeEventListener("fullscreenchange", update);
	}, [ref]);
	const toggle = () => void (on ? document.exitFullscreen() : ref.current?.requestFullscreen());
	return [on, toggle];
}

const DURATIONS_S = [0, 10, 60, 600, 3600];

export function CameraCard({ node, camera, operator, mode, observe }: Props) {
	const text = useText();
	const format = useFormat();
	const { carrier } = useServices();
	const link = useStore((store) => store.link.state);
	const frame = useRef<HTMLDivElement>(null);
	const [showing, setShowing] = useState<Showing>("waiting");
	const shown = showing === "shown";
	const [problem, setProblem] = useState("");
	const [duration, setDuration] = useState(0);
	const [settings, setSettings] = useState(false);
	const [snapshot, takeSnapshot, dropSnapshot] = useSnapshot(camera.id, pictureByHttp(camera.id));
	const name = cameraName(node, camera.id);
	const on = camera.record?.state === "ON";
	const off = camera.enabled === false;

	const send = useCallback(async (command: string, payload: object) => {
		const reply = await carrier.command(node.id, camera.id, command, payload);
		setProblem(reply.ok ? reply.message ?? "" : explain(text, reply));
		return reply;
	}, [carrier, node.id, camera.id, text]);
	const record = () => send("record/set", on ? { state: "OFF" } :
		{ state: "ON", ...(duration ? { duration_s: duration } : {}) });
	const veil = off ? text.cameraDisabled : link !== "live" ? text.lost : camera.status === "offline" ? text.cameraOffline : text.noPicture;
	const why = !operator ? text.onlyOperator : link !== "live" ? text.whyLost : off ? text.whyOff : "";
	const [guard, reason] = useReason(why);

	return (
		<article class="camera" aria-label={name}>
			<div class="picture" ref={(element) => { frame.current = element; observe(element); }} data-camera={camera.id}>
				<MovingPicture address={`/cam/${camera.id}`} alt={text.livePicture(name)} onState={setShowing}
					still={camera.status === "offline"} mode={off || link !== "live" ? "none" : mode} />
				{!shown && <p class="veil">{veil}</p>}
				<div class="badges">
					<RecordBadge node={node} camera={camera} />
					{shown && mode === "pictures" && <span class="badge">{text.pictureEvery}</span>}
					{camera.status === "offline" && !off && <span class="badge alarm">{text.offline}</span>}
				</div>
				<FullScreenButton frame={frame} />
			</div>
			<div class="camera-head">
				<h2>{name}</h2>
				<Facts camera={camera} />
			</div>
			<div class="actions">
				<Button class="record" icon={on ? "stop" : "record"} label={on ? text.stop : text.record} aria-pressed={on}
					{...guard} onClick={() => void record()} />
				{!on && (
					<select aria-label={text.recordFor} value={duration} {...guard}
						onChange={(event) => setDuration(Number(event.currentTarget.value))}>
						{DURATIONS_S.map((s) => <option key={s} value={s}>{s ? format.age(s * 1000) : text.untilStopped}</option>)}
					</select>
				)}
				<Button class="snapshot" icon="camera" label={text.snapshot} {...guard}
					onClick={() => void takeSnapshot(send)} />
				<Button class="more" icon="settings" bare label={text.controls} aria-expanded={settings}
					onClick={() => setSettings(!settings)} />
			</div>
			{reason}
			{settings && <CameraSettings node={node} camera={camera} operator={operator && link === "live"} send={send} />}
			<div role="status">
				{problem && <p class="note problem">{problem}</p>}
				<RecordNote camera={camera} />
				{snapshot && <TakenSnapshot snapshot={snapshot} name={name} onClose={dropSnapshot} />}
			</div>
		</article>
	);
}
