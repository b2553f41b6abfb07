// The moving picture of a camera: one endless stream, or a picture again and again.
import { useEffect, useRef, useState } from "preact/hooks";
import { useVisible } from "../ui/hooks";

const PICTURE_MS = 1000;
const RETRY_MS = 2000;
const LOOK_MS = 2000;
const STILL_LOOKS = 3; // as often the same: a still scene, or a stream from which nothing comes any more
const ANSWER_MS = 5000;
const SAMPLE = 48; // px, of the middle

export type Mode = "stream" | "pictures" | "none";

interface Props {
	address: string; // "/cam/door"
	mode: Mode;
	alt: string;
	query?: string; // further arguments of the stream
	still?: boolean; // what comes does not move: the picture that there is no signal
	onState?: (shown: boolean) => void;
}

function addressOf(address: string, mode: Mode, query: string): string {
	const what = mode === "stream" ? `stream?${query}${query && "&"}` : `snapshot.jpg?rendition=preview&max_age_ms=${PICTURE_MS}&`;
	return `${address}/${what}t=${Date.now()}`;
}

/** Some of a picture's pixels, to be compared; undefined while there are none. */
function sampleOf(image: HTMLImageElement): string | undefined {
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = SAMPLE;
	const context = canvas.getContext("2d");
	const { naturalWidth: width, naturalHeight: height } = image;
	if (!context || !width)
		return undefined;
	context.drawImage(image, (SAMPLE - width) / 2, (SAMPLE - height) / 2);
	return context.getImageData(0, 0, SAMPLE, SAMPLE).data.join();
}

const NO_NODE = [502, 504]; // a server between says so of the node

async function answers(address: string): Promise<boolean> {
	try {
		const response = await fetch(addressOf(address, "pictures", ""), { signal: AbortSignal.timeout(ANSWER_MS) });
		await response.arrayBuffer(); // else the connection stays taken
		return !NO_NODE.includes(response.status);
	} catch {
		return false;
	}
}

/**
 * A browser shows the last picture of a stream for ever, and does not say when the next one came or whether it ended.
 * So when it stands still, unless it has to, one is asked for by itself: `doubt` is told whether there was an answer. Then
 * the scene is still or the stream has ended, and beginning it anew is not seen; or nobody is there.
 */
function watchStill(image: HTMLImageElement, address: string, hasTo: () => boolean, doubt: (alive: boolean) => void): () => void {
	let last: string | undefined;
	let same = 0;
	let ended = false;
	const timer = setInterval(() => {
		const sample = sampleOf(image);
		same = sample !== undefined && sample === last && !hasTo() ? same + 1 : 0;
		last = sample;
		if (same < STILL_LOOKS)
			return;
		same = -STILL_LOOKS;
		void answers(address).then((alive) => ended || doubt(alive));
	}, LOOK_MS);
	return () => {
		ended = true;
		clearInterval(timer);
	};
}

export function MovingPicture({ address, mode, alt, query = "", still = false, onState }: Props) {
	const ref = useRef<HTMLImageElement>(null);
	const visible = useVisible();
	const [shown, setShown] = useState(false);
	const active = visible ? mode : "none";
	const calm = useRef(still);
	calm.current = still;
	useEffect(() => onState?.(shown), [shown, onState]);
	useEffect(() => {
		const image = ref.current!;
		let timer = 0;
		if (active === "none")
			return undefined;
		const show = () => { image.src = addressOf(address, active, query); };
		image.onload = () => {
			setShown(true);
			clearTimeout(timer);
			if (active === "pictures")
				timer = window.setTimeout(show, PICTURE_MS);
		};
		const failed = () => {
			setShown(false);
			clearTimeout(timer);
			timer = window.setTimeout(show, RETRY_MS);
		};
		image.onerror = failed;
		const unwatch = active === "stream" ? watchStill(image, address, () => calm.current, (alive) => (alive ? show() : failed())) : () => {};
		show();
		return () => {
			unwatch();
			clearTimeout(timer);
			image.onload = image.onerror = null;
			image.removeAttribute("src"); // ends the stream: leaving the document alone does not
			setShown(false);
		};
	}, [address, active, query]);
	return <img ref={ref} class={shown ? "shown" : ""} alt={alt} data-mode={active} />;
}
