// A snapshot that was taken here: shown, and kept for downloading until the next one.
import { useEffect, useState } from "preact/hooks";
import type { Reply } from "../carrier/carrier";
import { clean } from "../contract/clean";
import type { SnapshotMetaPayload } from "../contract/generated";
import { ask } from "../carrier/http";
import { useText } from "../text/text";
import { useFormat } from "../ui/hooks";
import { Button, Icon } from "../ui/parts";

export type Snapshot = { state: "waiting" } | { state: "lost" } | { state: "there"; meta: SnapshotMetaPayload; url: string; file: string };

type Send = (command: string, payload: object) => Promise<Reply>;

/** Has the picture of a snapshot that was asked for since then; null: it cannot be had. */
export type FetchPicture = (meta: SnapshotMetaPayload, since: number) => Promise<Blob | null>;

function stampOf({ ts }: SnapshotMetaPayload): string {
	return ts.replace(/[-:.Z]/g, "");
}

/** From the node whose page this is: it keeps its last snapshots. */
export function pictureByHttp(camera: string): FetchPicture {
	return async (meta) => {
		const response = await ask(`/cam/${camera}/pictures/${encodeURIComponent(stampOf(meta))}.jpg`);
		return response.ok ? response.blob() : null;
	};
}

export function useSnapshot(camera: string, fetchPicture: FetchPicture): [Snapshot | null, (send: Send) => Promise<void>, () => void] {
	const [snapshot, set] = useState<Snapshot | null>(null);
	useEffect(() => () => {
		if (snapshot?.state === "there")
			URL.revokeObjectURL(snapshot.url);
	}, [snapshot]);
	const take = async (send: Send) => {
		const since = Date.now();
		set({ state: "waiting" });
		const reply = await send("snapshot/set", {});
		const meta = reply.ok ? clean<SnapshotMetaPayload>("snapshot-meta", reply.data) : undefined;
		if (!meta)
			return set(null);
		try {
			const blob = await fetchPicture(meta, since);
			const file = `${camera}_${stampOf(meta).slice(0, 15)}.jpg`;
			set(blob ? { state: "there", meta, url: URL.createObjectURL(blob), file } : { state: "lost" });
		} catch {
			set({ state: "lost" });
		}
	};
	return [snapshot, take, () => set(null)];
}

export function TakenSnapshot({ snapshot, name, onClose }: { snapshot: Snapshot; name: string; onClose: () => void }) {
	const text = useText();
	const format = useFormat();
	if (snapshot.state === "waiting")
		return <p class="note">{text.takingSnapshot}</p>;
	if (snapshot.state === "lost")
		return <p class="note problem">{text.snapshotLost}</p>;
	const { meta, url, file } = snapshot;
	const time = format.time(meta.ts);
	return (
		<figure class="taken">
			<a href={url} target="_blank" rel="noopener"><img src={url} alt={text.snapshotOf(name, time)} /></a>
			<figcaption>
				<span title={format.full(meta.ts)}>{time}</span>
				<span>{`${meta.width}\u200a×\u200a${meta.height} · ${format.bytes(meta.bytes)}`}</span>
				<a class="button" href={url} download={file}><Icon name="download" /><span>{text.download}</span></a>
			</figcaption>
			<Button icon="close" label={text.close} bare onClick={onClose} />
		</figure>
	);
}
