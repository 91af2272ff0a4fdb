// The page of the API: lists the routes of openapi.json, and sends pictures to one of them.
"use strict";
const element = (id) => document.getElementById(id);

function add(parent, kind, text) {
  const made = parent.appendChild(document.createElement(kind));
  if (text !== undefined) made.textContent = text;
  return made;
}

function showRoutes(document_) {
  const list = element("list");
  list.textContent = "";
  for (const [path, methods] of Object.entries(document_.paths)) {
    for (const [method, route] of Object.entries(methods)) {
      add(list, "h3", `${method.toUpperCase()} ${path}`);
      add(list, "p", route.summary);
      const table = add(list, "table");
      for (const each of route.parameters || []) addRow(table, `?${each.name}=`, each.description || each.schema.title || "");
      for (const kind of Object.keys((route.requestBody || { content: {} }).content)) addRow(table, "body", kind);
      for (const [status, answer] of Object.entries(route.responses)) addRow(table, status, answer.description);
    }
  }
}

function addRow(table, name, text) {
  const row = add(table, "tr");
  add(row, "th", name).scope = "row";
  add(row, "td", text);
}

const headers = () => (element("key").value ? { Authorization: `Bearer ${element("key").value}` } : {});

async function listModels() {
  const answer = await fetch("models", { headers: headers() });
  if (!answer.ok || element("model").length > 1) return;
  for (const each of (await answer.json()).models) add(element("model"), "option", each.name).value = each.name;
}

function address() {
  const url = new URL(element("route").value, location.href);
  if (element("model").value) url.searchParams.set("model", element("model").value);
  return url;
}

function showCommand() {
  const files = [...element("files").files].map((file) => `-F 'file=@${file.name.replaceAll("'", "")}'`).join(" ");
  const key = element("key").value ? "-H \"Authorization: Bearer $KEY\" " : "";
  element("command").textContent = `curl ${key}${files || "-F file=@digit.png"} '${address()}'`;
}

async function send(event) {
  event.preventDefault();
  const form = new FormData();
  for (const file of element("files").files) form.append("file", file);
  element("answer").textContent = "Reading ...";
  try {
    const answer = await fetch(address(), { method: "POST", body: form, headers: headers() });
    element("answer").textContent = `${answer.status}\n${JSON.stringify(await answer.json(), null, 1)}`;
  } catch (error) {
    element("answer").textContent = `No answer: ${error.message}`;
  }
}

element("form").addEventListener("submit", send);
element("form").addEventListener("change", showCommand);
element("key").addEventListener("change", listModels);
fetch("openapi.json").then((answer) => answer.json()).then(showRoutes);
listModels();
showCommand();
