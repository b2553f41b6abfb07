// The page of a whole fleet.
import { render } from "preact";
import { MqttCarrier } from "../carrier/mqtt";
import { Store } from "../state/store";
import { startLanguage } from "../text/text";
import { ServicesContext } from "../ui/hooks";
import { startTheme } from "../ui/theme";
import "uplot/dist/uPlot.min.css";
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/camera.css";
import "../styles/library.css";
import "../styles/fleet.css";
import { FleetApp } from "./app";
import { FleetContext } from "./context";
import { brokerUrl, readSettings } from "./settings";

startTheme();
startLanguage();
async function start(): Promise<void> {
	const settings = await readSettings();
	const store = new Store();
	const carrier = new MqttCarrier({
		message: (message) => store.apply(message),
		link: (link) => store.setLink(link),
		removed: (node) => store.remove(node),
		confirmed: (since) => store.confirm(since),
		site: (site, up) => store.setSite(site, up),
		pictureDropped: (node, camera) => store.forgetPicture(node, camera),
		pictureMissing: (node, camera) => store.noPicture(node, camera),
		incomplete: () => store.incomplete(),
		clockOf: (node) => store.clockOf(node, Date.now()),
	}, { url: brokerUrl(settings.broker, new URL(location.href)), prefix: settings.prefix });
	render(
		<ServicesContext.Provider value={{ store, carrier }}>
			<FleetContext.Provider value={{ settings, carrier }}><FleetApp /></FleetContext.Provider>
		</ServicesContext.Provider>,
		document.getElementById("app")!,
	);
}

void start();
