// One recording, played; its label is edited in place.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { cameraName } from "../state/node";
import { useText } from "../text/text";
import { useFormat, useStore } from "../ui/hooks";
import { Button, Dialog, Icon, useReason, type Guard } from "../ui/parts";
import { addressOf, cutLabel, isGone, MAX_LABEL, nameOf, type Place, type Recording } from "./recordings";

interface Props {
	place: Place;
	item: Recording;
	why: string; // nothing can be changed; "": it can
	problem: string; // of the last change
	onClose: () => void;
	onDelete: () => void;
	onProtect: (on: boolean) => void;
	onLabel: (label: string) => Promise<boolean>;
	onExport: () => Promise<boolean>;
}

/** A format that browsers cannot play; the node makes one of it that they can. */
function CannotPlay({ guard, onExport }: { guard: Guard; onExport: () => Promise<boolean> }) {
	const text = useText();
	const [asked, ask] = useState(false);
	return (
		<div class="cannot-play">
			<p role="status">{asked ? text.exporting : text.cannotPlay}</p>
			<Button class="export" icon="film" label={text.export} {...guard} disabled={guard.disabled || asked}
				onClick={() => void onExport().then(ask)} />
		</div>
	);
}

function Video({ address }: { address: string }) {
	const text = useText();
	const ref = useRef<HTMLVideoElement>(null);
	const [problem, setProblem] = useState("");
	useEffect(() => {
		const video = ref.current!;
		const control = new AbortController();
		setProblem("");
		video.onerror = () => void isGone(address, control.signal).then(
			(gone) => setProblem(gone ? text.recordingGone : text.recordingBroken), () => {});
		video.src = address;
		return () => {
			control.abort();
			video.onerror = null;
			video.removeAttribute("src"); // else the browser goes on loading
			video.load();
		};
	}, [address, text]);
	return (
		<>
			{problem && <div class="cannot-play"><p role="alert">{problem}</p></div>}
			<video ref={ref} controls autoplay muted playsInline preload="metadata" hidden={problem !== ""} />
		</>
	);
}

function Label({ label, guard, onLabel }: { label: string; guard: Guard; onLabel: (label: string) => Promise<boolean> }) {
	const text = useText();
	const [editing, edit] = useState(false);
	const field = useRef<HTMLInputElement>(null);
	const button = useRef<HTMLDivElement>(null);
	const was = useRef(false);
	useLayoutEffect(() => {
		if (editing)
			field.current!.select();
		else if (was.current)
			button.current!.querySelector("button")!.focus();
		was.current = editing;
	}, [editing]);
	const leave = () => edit(false);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const wanted = cutLabel(field.current!.value);
		if (wanted === label || await onLabel(wanted))
			leave();
	};
	if (!editing) {
		return (
			<div class="label-line" ref={button}>
				<span class={label ? "label" : "label none"}>{label || text.noLabel}</span>
				<Button class="edit-label" icon="edit" label={text.editLabel} bare {...guard}
					onClick={() => edit(true)} />
			</div>
		);
	}
	return (
		<form class="label-line" onSubmit={(event) => void submit(event)}
			onKeyDown={(event) => {
				if (event.key !== "Escape")
					return;
				event.preventDefault(); // the dialogue stays
				event.stopPropagation();
				leave();
			}}>
			<input ref={field} name="label" aria-label={text.label} defaultValue={label} maxLength={MAX_LABEL} autocomplete="off" />
			<Button type="submit" class="primary" label={text.save} />
			<Button label={text.cancel} onClick={leave} />
		</form>
	);
}

export function Player({ place, item, why, problem, onClose, onDelete, onProtect, onLabel, onExport }: Props) {
	const text = useText();
	const format = useFormat();
	const node = useStore((store) => store.nodes.get(place.node));
	const address = addressOf(place.base, item.file);
	const known = item.protected !== undefined;
	const [guard, reason] = useReason(why);
	const [keeping, kept] = useReason(why || !item.protected ? "" : text.whyProtected);
	const facts = [
		item.started_at ? format.full(item.started_at) : "",
		item.duration_s ? format.clock(item.duration_s) : "",
		item.width && item.height ? `${item.width}\u200a×\u200a${item.height}` : "",
		format.bytes(item.bytes),
		item.recovered ? text.recovered : "",
		item.damaged ? text.damaged : "",
	];
	return (
		<Dialog title={node ? cameraName(node, item.camera) : item.camera} onClose={onClose} wide>
			{item.format === "mjpeg" ? <CannotPlay key={item.file} guard={guard} onExport={onExport} /> : <Video address={address} />}
			{known && <Label key={item.file} label={item.label ?? ""} guard={guard} onLabel={onLabel} />}
			<p class="player-facts">{facts.filter(Boolean).join(" · ")}</p>
			<p class="player-file">{nameOf(item.file)}</p>
			<div class="dialog-actions">
				<a class="button" href={`${address}?download=1`} download={nameOf(item.file)}>
					<Icon name="download" /><span>{text.download}</span>
				</a>
				{known && (
					<Button class="protect" icon="lock" label={item.protected ? text.unprotect : text.protect} aria-pressed={item.protected}
						{...guard} onClick={() => onProtect(!item.protected)} />
				)}
				{known && (
					<Button class="danger" icon="trash" label={text.delete} {...(why ? guard : keeping)} onClick={onDelete} />
				)}
			</div>
			{known && reason}
			{known && kept}
			{problem && <p class="note problem" role="alert">{problem}</p>}
		</Dialog>
	);
}
