import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { MqttCarrier } from "../carrier/mqtt";
import type { Settings } from "./settings";

export const FleetContext = createContext<{ settings: Settings; carrier: MqttCarrier } | null>(null);

export function useFleet(): { settings: Settings; carrier: MqttCarrier } {
	return useContext(FleetContext)!;
}
