import type { Node } from "../state/node";
import type { Text } from "../text/en";

/** What stands where no picture is: that there is none only once that is known. */
export function veilOf(text: Text, node: Node, id: string | null, connected: boolean): string {
	const camera = node.cameras[id ?? ""];
	if (id === null && node.info)
		return text.noCameras;
	if (camera?.enabled === false)
		return text.cameraDisabled;
	if (camera?.picture === null)
		return camera.status === "offline" ? text.cameraOffline : text.noPicture;
	return connected ? text.loadingPicture : text.lost;
}
