// One recording, played.
import { useEffect, useRef } from "preact/hooks";
import { cameraName } from "../state/node";
import { useText } from "../text/text";
import { useFormat, useStore } from "../ui/hooks";
import { Button, Dialog, Icon } from "../ui/parts";
import { theNode } from "./app";
import { addressOf, nameOf, type Recording } from "./recordings";

interface Props {
	item: Recording;
	operator: boolean;
	onClose: () => void;
	onDelete: () => void;
	onProtect: (on: boolean) => void;
}

function Video({ address }: { address: string }) {
	const ref = useRef<HTMLVideoElement>(null);
	useEffect(() => {
		const video = ref.current!;
		video.src = address;
		return () => {
			video.removeAttribute("src"); // else the browser goes on loading
			video.load();
		};
	}, [address]);
	return <video ref={ref} controls autoplay muted playsInline preload="metadata" />;
}

export function Player({ item, operator, onClose, onDelete, onProtect }: Props) {
	const text = useText();
	const format = useFormat();
	const node = useStore(theNode);
	const address = addressOf(item.file);
	const facts = [
		item.started_at ? format.full(item.started_at) : "",
		item.duration_s ? format.clock(item.duration_s) : "",
		item.width && item.height ? `${item.width}\u200a×\u200a${item.height}` : "",
		format.bytes(item.bytes),
		item.recovered ? text.recovered : "",
		item.damaged ? text.damaged : "",
	];
	return (
		<Dialog title={item.label || (node ? cameraName(node, item.camera) : item.camera)} onClose={onClose} wide>
			{item.format === "mjpeg" ? <p class="cannot-play">{text.cannotPlay}</p> : <Video address={address} />}
			<p class="player-facts">{facts.filter(Boolean).join(" · ")}</p>
			<p class="player-file">{nameOf(item.file)}</p>
			<div class="dialog-actions">
				<a class="button" href={`${address}?download=1`} download={nameOf(item.file)}>
					<Icon name="download" /><span>{text.download}</span>
				</a>
				{item.protected !== undefined && (
					<Button class="protect" icon="lock" label={item.protected ? text.unprotect : text.protect} aria-pressed={item.protected}
						disabled={!operator} onClick={() => onProtect(!item.protected)} />
				)}
				{item.protected !== undefined && (
					<Button class="danger" icon="trash" label={text.delete} disabled={!operator || item.protected} onClick={onDelete} />
				)}
			</div>
		</Dialog>
	);
}
