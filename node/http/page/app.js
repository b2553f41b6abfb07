// The live page: shows what the node's topics say (by /api/v1/events) and sends commands.

const MAX_STREAMS = 4; // a browser opens six connections to a server; more cameras get pictures
const PICTURE_MS = 1000;
const RETRY_MS = 2000;

const byId = (id) => document.getElementById(id);
const cards = new Map(); // camera id -> card
let root = ""; // "<prefix>/<node>/"
let role = null;
let events = null;

function ask(path, options = {}) {
	return fetch(path, { ...options, headers: { "X-Requested-With": "camnode", ...options.headers } });
}

function showState(text) {
	byId("state").textContent = text;
}

// One camera on the page.
class Card {
	constructor(camera) {
		this.camera = camera;
		this.element = byId("card").content.cloneNode(true).firstElementChild;
		this.image = this.find("img");
		this.find("h2").textContent = camera.name || camera.id;
		this.find(".picture").href = `/cam/${camera.id}/stream`;
		this.image.alt = `Live picture of ${camera.name || camera.id}`;
		this.image.addEventListener("error", () => this.later(RETRY_MS));
		this.image.addEventListener("load", () => this.streams || this.later(PICTURE_MS));
		this.find(".snapshot").addEventListener("click", () => this.send("snapshot/set", ""));
		this.find(".record").addEventListener("click", () => this.send("record/set", this.isOn ? "OFF" : "ON"));
		for (const button of this.element.querySelectorAll("button"))
			button.disabled = role !== "operator";
	}

	find(selector) {
		return this.element.querySelector(selector);
	}

	// Shows live video, or a picture again and again.
	show(streams) {
		clearTimeout(this.timer);
		this.streams = streams;
		const path = streams ? "stream" : `snapshot.jpg?max_age_ms=${PICTURE_MS}`;
		this.image.src = `/cam/${this.camera.id}/${path}${streams ? "?" : "&"}t=${Date.now()}`;
	}

	hide() {
		clearTimeout(this.timer);
		this.image.removeAttribute("src");
	}

	later(ms) {
		clearTimeout(this.timer);
		if (!document.hidden)
			this.timer = setTimeout(() => this.show(this.streams), ms);
	}

	note(text, failed = false) {
		const note = this.find(".note");
		note.textContent = text;
		note.classList.toggle("failed", failed);
		return note;
	}

	async send(command, payload) {
		try {
			const response = await ask(`/api/v1/set/cam/${this.camera.id}/${command}`, { method: "POST", body: payload });
			const text = await response.text();
			if (response.status === 401)
				return void begin();
			if (!response.ok)
				this.note(messageOf(text), true);
		} catch {
			this.note("The node does not answer.", true);
		}
	}

	// A topic of this camera has a new payload.
	take(name, payload) {
		if (name === "record")
			this.takeRecord(payload);
		else if (name === "stats")
			this.takeStats(payload);
		else if (name === "snapshot/meta")
			this.takeSnapshot(payload);
		else if (name === "status" && payload !== "online")
			this.find(".facts").textContent = "offline";
	}

	takeRecord(record) {
		const button = this.find(".record");
		this.isOn = record.state === "ON";
		button.setAttribute("aria-pressed", this.isOn);
		button.textContent = this.isOn ? "Stop" : "Record";
		if (record.error)
			this.note(record.error, true);
		else if (this.isOn)
			this.note(record.active ? `recording ${record.file || ""}` : "waiting for the camera");
		else if (record.finishing)
			this.note(`finishing ${record.file || ""}`);
		else if (record.file)
			this.note("recorded ").append(link(`/recordings/${record.file}`, record.file));
	}

	takeStats(stats) {
		const facts = [];
		if (stats.error)
			facts.push(stats.error);
		else if (stats.width)
			facts.push(`${stats.width}×${stats.height}`, `${Math.round(stats.fps)} fps`);
		if (stats.viewers !== undefined)
			facts.push(`${stats.viewers} watching`);
		this.find(".facts").textContent = facts.join(" · ");
	}

	takeSnapshot(meta) {
		if (meta.trigger !== "command")
			return;
		const picture = meta.ts.replace(/[-:.Z]/g, "");
		this.note("snapshot ").append(
			link(`/cam/${this.camera.id}/pictures/${picture}.jpg`, new Date(meta.ts).toLocaleTimeString()));
	}
}

function link(address, text) {
	const a = document.createElement("a");
	a.href = address;
	a.textContent = text;
	return a;
}

// The message of a reply of the API; other answers are plain text.
function messageOf(text) {
	try {
		return JSON.parse(text).message || text;
	} catch {
		return text;
	}
}

function showPictures() {
	for (const card of cards.values()) {
		if (document.hidden)
			card.hide(); // nobody looks: let the node rest
		else
			card.show(cards.size <= MAX_STREAMS);
	}
}

function takeInfo(info) {
	const name = info.node_name || info.name || root.split("/").at(-2);
	byId("name").textContent = document.title = name;
	if (info.cameras.map((camera) => camera.id).join() === [...cards.keys()].join())
		return;
	for (const card of cards.values())
		card.hide();
	cards.clear();
	for (const camera of info.cameras)
		cards.set(camera.id, new Card(camera));
	byId("cameras").replaceChildren(...[...cards.values()].map((card) => card.element));
	showPictures();
}

function takeTelemetry(reading) {
	const facts = [
		["CPU", reading.cpu_pct, " %"],
		["temperature", reading.temp_c, " °C"],
		["memory", reading.mem_pct, " %"],
		["disk free", reading.disk_free_gb, " GB"],
	];
	byId("telemetry").textContent = facts
		.filter(([, value]) => value !== undefined)
		.map(([name, value, unit]) => `${name} ${value.toFixed(1)}${unit}`)
		.join(" · ");
}

function take(topic, payload) {
	if (!topic.startsWith(root))
		return;
	const suffix = topic.slice(root.length);
	const camera = /^cam\/([^/]+)\/(.+)$/.exec(suffix);
	if (camera)
		cards.get(camera[1])?.take(camera[2], payload);
	else if (suffix === "info")
		takeInfo(payload);
	else if (suffix === "telemetry")
		takeTelemetry(payload);
}

function listen() {
	events?.close();
	events = new EventSource("/api/v1/events");
	events.onopen = () => showState("live");
	events.onmessage = (event) => {
		const { topic, payload } = JSON.parse(event.data);
		take(topic, payload);
	};
	events.onerror = () => {
		showState("connection lost, trying again …");
		if (events.readyState === EventSource.CLOSED)
			setTimeout(begin, RETRY_MS);
	};
}

async function start() {
	const state = await (await ask("/api/v1/state")).json();
	root = `${state.prefix}/${state.node}/`;
	// The cameras first: what is said about them needs their cards.
	const topics = Object.entries(state.topics).sort(([a], [b]) => b.endsWith("/info") - a.endsWith("/info"));
	for (const [topic, payload] of topics)
		take(topic, payload);
	listen();
}

// Asks who is logged in; shows the form or the cameras.
async function begin() {
	try {
		const session = await (await ask("/api/v1/session")).json();
		role = session.role;
		byId("login").hidden = role !== null;
		byId("logout").hidden = !session.login;
		if (role === null)
			return showState("please log in");
		await start();
	} catch {
		showState("the node does not answer, trying again …");
		setTimeout(begin, RETRY_MS);
	}
}

byId("login").addEventListener("submit", async (event) => {
	event.preventDefault();
	const form = event.target;
	const fields = Object.fromEntries(new FormData(form));
	const response = await ask("/login", { method: "POST", body: JSON.stringify(fields) });
	form.querySelector("[role=alert]").textContent = response.ok ? "" : await response.text();
	if (response.ok) {
		form.reset();
		begin();
	}
});

byId("logout").addEventListener("click", async () => {
	await ask("/logout", { method: "POST" });
	location.reload();
});

document.addEventListener("visibilitychange", showPictures);
begin();
