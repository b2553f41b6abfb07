import type { Reply } from "../carrier/carrier";
import type { Camera } from "../state/node";
import type { Text } from "../text/en";
import { wordFor } from "../text/text";

/** Why a command failed, in the user's language; the node's own words behind it. */
export function explain(text: Text, reply: Reply): string {
	const known = wordFor(text.codes, reply.code) ?? reply.code;
	return text.failed(reply.message && reply.message !== known ? `${known} (${reply.message})` : known);
}

/** That a camera is gone, with the node's own word of why. */
export function offlineWords(text: Text, { stats }: Camera): string {
	return stats?.error ? `${text.offline}: ${stats.error}` : text.offline;
}
