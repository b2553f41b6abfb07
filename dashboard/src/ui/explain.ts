import type { Reply } from "../carrier/carrier";
import type { Text } from "../text/en";

/** Why a command failed, in the user's language; the node's own words behind it. */
export function explain(text: Text, reply: Reply): string {
	const known = Object.hasOwn(text.codes, reply.code) ? text.codes[reply.code]! : reply.code;
	return text.failed(reply.message && reply.message !== known ? `${known} (${reply.message})` : known);
}
