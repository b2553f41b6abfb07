// The moving picture of a camera: one endless stream, or a picture again and again.
import { useEffect, useRef, useState } from "preact/hooks";
import { useVisible } from "../ui/hooks";

const PICTURE_MS = 1000;
const RETRY_MS = 2000;
const MAX_RETRY_MS = 60_000;
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
	onState?: (showing: Showing) => void;
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

const NO_NODE = [0, 502, 504]; // no answer, or a server between says so of the node
const NO_WAY = 404; // the server between does not know the node, or the node the camera

/** "unset": there is no way to it, and waiting does not help. */
export type Showing = "waiting" | "shown" | "unset";

/** How long to wait before asking once more, after so many times in vain, from 1 on. */
export function retryAfter(times: number): number {
	return Math.min(RETRY_MS * 2 ** (times - 1), MAX_RETRY_MS);
}

/** What is answered to one picture, by itself: of pictures a browser does not tell. 0: nothing. */
async function statusOf(address: string): Promise<number> {
	try {
		const response = await fetch(addressOf(address, "pictures", ""), { signal: AbortSignal.timeout(ANSWER_MS) });
		await response.arrayBuffer(); // else the connection stays taken
		return response.status;
	} catch {
		return 0;
	}
}

/**
 * A browser shows the last picture of a stream for ever, and does not say when the next one came or whether it ended.
 * So when it stands still, unless it has to, one is asked for by itself: `doubt` is told what was answered. Then
 * the scene is still or the stream has ended, and beginning it anew is not seen; or nobody is there.
 */
function watchStill(image: HTMLImageElement, address: string, hasTo: () => boolean, doubt: (status: number) => void): () => void {
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
		void statusOf(address).then((status) => ended || doubt(status));
	}, LOOK_MS);
	return () => {
		ended = true;
		clearInterval(timer);
	};
}

export function MovingPicture({ address, mode, alt, query = "", still = false, onState }: Props) {
	const ref = useRef<HTMLImageElement>(null);
	const visible = useVisible();
	const [showing, set] = useState<Showing>("waiting");
	const active = visible ? mode : "none";
	const calm = useRef(still);
	calm.current = still;
	useEffect(() => onState?.(showing), [showing, onState]);
	useEffect(() => {
		const image = ref.current!;
		let timer = 0;
		let ended = false;
		let inVain = 0;
		if (active === "none")
			return undefined;
		const later = (run: () => void, ms: number) => {
			clearTimeout(timer);
			timer = window.setTimeout(run, ms);
		};
		const show = () => { image.src = addressOf(address, active, query); };
		image.onload = () => {
			set("shown");
			clearTimeout(timer);
			if (active === "pictures")
				later(show, PICTURE_MS);
		};
		const failed = (status: number) => {
			const unset = status === NO_WAY;
			set(unset ? "unset" : "waiting");
			inVain = unset ? inVain + 1 : 1;
			later(unset ? ask : show, retryAfter(inVain));
		};
		const ask = () => void statusOf(address).then((status) => ended || failed(status));
		image.onerror = () => {
			set((before) => (before === "shown" ? "waiting" : before));
			ask();
		};
		const doubt = (status: number) => (NO_NODE.includes(status) ? failed(status) : show());
		const unwatch = active === "stream" ? watchStill(image, address, () => calm.current, doubt) : () => {};
		show();
		return () => {
			ended = true;
			unwatch();
			clearTimeout(timer);
			image.onload = image.onerror = null;
			image.removeAttribute("src"); // ends the stream: leaving the document alone does not
			set("waiting");
		};
	}, [address, active, query]);
	return <img ref={ref} class={showing === "shown" ? "shown" : ""} alt={alt} data-mode={active} />;
}
