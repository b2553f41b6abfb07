// Every camera of the node, and what has happened.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { allotStreams } from "../state/budget";
import { camerasOf } from "../state/node";
import { useText } from "../text/text";
import { useStore } from "../ui/hooks";
import { Empty } from "../ui/parts";
import { useLeading } from "../ui/windows";
import { theNode } from "./app";
import { CameraCard } from "./camera";
import { Events } from "./events";

/** Which elements are on the screen, by the id in their data-camera. */
export function useSeen(): [Set<string>, (element: Element | null) => void] {
	const [seen, set] = useState<Set<string>>(new Set());
	const observer = useRef<IntersectionObserver | null>(null);
	if (!observer.current) {
		observer.current = new IntersectionObserver((entries) => set((before) => {
			const after = new Set(before);
			for (const entry of entries) {
				const id = (entry.target as HTMLElement).dataset.camera!;
				if (entry.isIntersecting)
					after.add(id);
				else
					after.delete(id);
			}
			return after;
		}), { rootMargin: "64px" });
	}
	useEffect(() => () => observer.current?.disconnect(), []);
	return [seen, useCallback((element) => { if (element) observer.current!.observe(element); }, [])];
}

function useFullScreen(): string | null {
	const [id, set] = useState<string | null>(null);
	useEffect(() => {
		const update = () => set((document.fullscreenElement as HTMLElement | null)?.dataset.camera ?? null);
		document.addEventListener("fullscreenchange", update);
		return () => document.removeEventListener("fullscreenchange", update);
	}, []);
	return id;
}

export function Live({ operator }: { operator: boolean }) {
	const text = useText();
	const node = useStore(theNode);
	const [seen, observe] = useSeen();
	const fullScreen = useFullScreen();
	const leading = useLeading();
	if (!node?.info)
		return <Empty title={text.connecting} />;
	const cameras = camerasOf(node);
	if (!cameras.length)
		return <Empty title={text.noCameras}><p>{text.noCamerasHint}</p></Empty>;
	const order = cameras.map((camera) => camera.id).filter((id) => seen.has(id));
	const streams = allotStreams(order, fullScreen, leading);
	return (
		<div class="live">
			<div id="cameras" class={cameras.length === 1 ? "single" : ""}>
				{cameras.map((camera) => (
					<CameraCard key={camera.id} node={node} camera={camera} operator={operator} observe={observe}
						mode={!seen.has(camera.id) ? "none" : streams.has(camera.id) ? "stream" : "pictures"} />
				))}
			</div>
			<Events />
		</div>
	);
}
