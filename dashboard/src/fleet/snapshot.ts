import type { FetchPicture } from "../node/snapshot";
import type { Store } from "../state/store";

const WAIT_MS = 8000; // mosquitto sends a large message over WebSockets every 0.2 s

/** Has the picture of a snapshot as it comes over MQTT, beside the reply; null: it did not come, or another one did. */
export function pictureOverMqtt(store: Store, node: string, camera: string): FetchPicture {
	return (meta, since) => new Promise((done) => {
		const look = () => {
			const known = store.nodes.get(node)?.cameras[camera];
			const picture = known?.meta?.ts === meta.ts ? known.picture : null;
			return picture && picture.at >= since ? picture.blob : null;
		};
		const end = () => {
			clearTimeout(timer);
			leave();
			done(look());
		};
		const timer = setTimeout(end, WAIT_MS);
		const leave = store.subscribe(() => look() && end());
		if (look())
			end();
	});
}
