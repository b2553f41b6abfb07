// A node's own page.
import { render } from "preact";
import { HttpCarrier } from "../carrier/http";
import { Store } from "../state/store";
import { startLanguage } from "../text/text";
import { ServicesContext } from "../ui/hooks";
import { startTheme } from "../ui/theme";
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/camera.css";
import "../styles/library.css";
import { App } from "./app";

startTheme();
startLanguage();
const store = new Store();
const carrier = new HttpCarrier({
	message: (message) => store.apply(message),
	link: (link) => store.setLink(link),
});
render(
	<ServicesContext.Provider value={{ store, carrier }}><App /></ServicesContext.Provider>,
	document.getElementById("app")!,
);
