// How messages and commands travel. Two implementations: http.ts on a node's own page, mqtt.ts for
// a fleet. Above this line nothing knows which.
import type { ReplyPayload } from "../contract/generated";
import type { Message } from "../state/node";
import type { Link } from "../state/store";

export interface CarrierEvents {
	message(message: Message): void;
	link(link: Link): void;
}

/** An answer of the node, or of the carrier itself when none came. */
export type Reply = Omit<ReplyPayload, "code" | "command"> & { code: string; command?: string };

export interface Carrier {
	/** Connects, and again whenever the connection is lost, until pause() or stop(). */
	start(): void;
	/** No traffic until start(); what is known stays. */
	pause(): void;
	/** Sends a command to one camera, or to the node. Never throws: what goes wrong is a reply too. */
	command(node: string, camera: string | null, command: string, payload: object): Promise<Reply>;
}

export function failure(code: string, message: string): Reply {
	return { ok: false, code, message };
}

/** An id by which a node knows a command that is sent again. */
export function newId(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(9));
	return `ui-${Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("")}`;
}
