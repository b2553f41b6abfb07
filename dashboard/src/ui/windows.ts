// Windows of the same origin share the browser's few connections: the one that was used last shows
// live video, the others pictures.
import { useEffect, useState } from "preact/hooks";

export function useLeading(): boolean {
	const [leading, set] = useState(true);
	useEffect(() => {
		if (typeof BroadcastChannel === "undefined")
			return undefined;
		const channel = new BroadcastChannel("camnode-windows");
		let leads = false;
		const lead = () => {
			if (leads || document.hidden)
				return;
			leads = true;
			set(true);
			channel.postMessage("leading");
		};
		channel.onmessage = () => {
			leads = false;
			set(false);
		};
		const signs = ["focus", "pointerdown", "pointermove", "keydown"] as const;
		for (const sign of signs)
			addEventListener(sign, lead, { passive: true });
		lead();
		return () => {
			for (const sign of signs)
				removeEventListener(sign, lead);
			channel.close();
		};
	}, []);
	return leading;
}
