// What deserves attention. Pure functions.
import type { TelemetryPayload } from "../contract/generated";
import type { Camera, Node } from "./node";

const DISK_LOW_PCT = 5;
const DISK_LOW_GB = 1;
// The firmware's get_throttled: the lower bits are now, the same 16 higher since boot.
const THROTTLED_NOW = 0xf;
const THROTTLED_BEFORE = 0xf0000;

export function throttling(telemetry: TelemetryPayload | undefined): "now" | "before" | null {
	const bits = telemetry?.throttled ?? 0;
	if (bits & THROTTLED_NOW)
		return "now";
	return bits & THROTTLED_BEFORE ? "before" : null;
}

export function diskIsLow(telemetry: TelemetryPayload | undefined): boolean {
	const free = telemetry?.disk_free_gb;
	const total = telemetry?.disk_total_gb;
	if (free === undefined)
		return false;
	return free < DISK_LOW_GB || (total !== undefined && free < total * DISK_LOW_PCT / 100);
}

/** Armed: told to, and waiting for the camera or for room. Only what an online node says counts: the rest is from before it was lost. */
export function recordingOf(node: Node, camera: Camera | undefined): "running" | "armed" | "finishing" | null {
	const record = node.status === "online" ? camera?.record : undefined;
	if (record?.state === "ON")
		return record.active ? "running" : "armed";
	return record?.finishing ? "finishing" : null;
}
