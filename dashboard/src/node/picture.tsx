// The moving picture of a camera: one endless stream, or a picture again and again.
import { useEffect, useRef, useState } from "preact/hooks";
import { useVisible } from "../ui/hooks";

const PICTURE_MS = 1000;
const RETRY_MS = 2000;

export type Mode = "stream" | "pictures" | "none";

interface Props {
	address: string; // "/cam/door"
	mode: Mode;
	alt: string;
	query?: string; // further arguments of the stream
	onState?: (shown: boolean) => void;
}

function addressOf(address: string, mode: Mode, query: string): string {
	const what = mode === "stream" ? `stream?${query}${query && "&"}` : `snapshot.jpg?rendition=preview&max_age_ms=${PICTURE_MS}&`;
	return `${address}/${what}t=${Date.now()}`;
}

export function MovingPicture({ address, mode, alt, query = "", onState }: Props) {
	const ref = useRef<HTMLImageElement>(null);
	const visible = useVisible();
	const [shown, setShown] = useState(false);
	const active = visible ? mode : "none";
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
		image.onerror = () => {
			setShown(false);
			clearTimeout(timer);
			timer = window.setTimeout(show, RETRY_MS);
		};
		show();
		return () => {
			clearTimeout(timer);
			image.onload = image.onerror = null;
			image.removeAttribute("src"); // ends the stream: leaving the document alone does not
			setShown(false);
		};
	}, [address, active, query]);
	return <img ref={ref} class={shown ? "shown" : ""} alt={alt} data-mode={active} />;
}
