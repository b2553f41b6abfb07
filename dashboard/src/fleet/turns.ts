// Commands to many cameras.
import { failure, type Reply } from "../carrier/carrier";
import type { Services } from "../ui/hooks";

/** To one of them, by its tile's key; a node that is not there is not waited for. */
export async function commandTo({ store, carrier }: Services, key: string, command: string, payload: object): Promise<Reply> {
	const [node, camera] = key.split("/") as [string, string];
	return store.nodes.get(node)?.status === "online" ? carrier.command(node, camera, command, payload) : failure("offline", "");
}

/** Runs a task for each item, so many at a time. */
export async function inTurn<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < items.length)
			await run(items[next++]!);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

export interface Result {
	key: string;
	reply: Reply | null; // null: not yet
}

/** Of many answers those that somebody has to look after are seen without searching. */
export function failedFirst(results: readonly Result[]): Result[] {
	const rank = ({ reply }: Result) => (!reply ? 1 : reply.ok ? 2 : 0);
	return [...results].sort((a, b) => rank(a) - rank(b));
}
