"use strict";

// Keeps the files of the page on the device, so that it opens without a network. {{version}} names their contents.

const CACHE = "digitrec-{{version}}";
const FILES = ["./", "index.html", "manifest.webmanifest", "icon.svg", "icon-192.png", "icon-512.png"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const removeOthers = (names) => Promise.all(names.filter((name) => name.startsWith("digitrec-") && name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(removeOthers).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET" || new URL(event.request.url).origin !== self.location.origin) return;
  event.respondWith(caches.match(event.request, { ignoreSearch: true }).then((kept) => kept || fetch(event.request)));
});
