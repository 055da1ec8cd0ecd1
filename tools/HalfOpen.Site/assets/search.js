// Search over all sections, in the page itself: nothing is asked of any server. `sections` comes from index.js.
"use strict";
(() => {
  const root = document.body.dataset.root;
  const input = document.getElementById("search");
  const list = document.getElementById("results");
  const words = text => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const prepared = sections.map(([link, page, heading, text]) => ({
    link, page, heading, text,
    title: " " + words(page + " " + heading).join(" "),
    body: " " + words(text).join(" "),
  }));

  // Each word must begin some word of the section; one in a title is worth more than many below it.
  const score = (section, asked) => {
    let sum = 0;
    for (const word of asked) {
      const inTitle = section.title.includes(" " + word);
      const inBody = section.body.split(" " + word).length - 1;
      if (!inTitle && inBody === 0) return 0;
      sum += (inTitle ? 10 : 0) + Math.min(inBody, 5) + (inBody ? 200 / (200 + section.body.length) : 0);
    }
    return sum;
  };

  const snippet = (text, word) => {
    const at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
    return (at > 0 ? "..." : "") + text.slice(at, at + 160) + (at + 160 < text.length ? "..." : "");
  };

  const show = () => {
    const asked = words(input.value);
    const found = asked.length === 0 ? [] : prepared.map(s => [score(s, asked), s]).filter(([n]) => n > 0)
      .sort((a, b) => b[0] - a[0]).slice(0, 12);
    list.replaceChildren(...found.map(([, s]) => {
      const item = document.createElement("li");
      const link = item.appendChild(document.createElement("a"));
      link.href = root + s.link;
      link.appendChild(document.createElement("b")).textContent = s.heading === s.page ? s.page : s.page + ": " + s.heading;
      link.appendChild(document.createElement("span")).textContent = snippet(s.text, asked[0]);
      return item;
    }));
    if (asked.length > 0 && found.length === 0) {
      list.appendChild(document.createElement("li")).textContent = "Nothing has all of these words.";
    }
    list.hidden = asked.length === 0;
  };

  input.addEventListener("input", show);
  document.addEventListener("keydown", event => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "/" && document.activeElement !== input && !event.ctrlKey && !event.metaKey && !event.altKey) {
      input.focus();
    } else if (event.key === "Escape") {
      input.value = "";
      show();
    } else if (event.key === "Enter" && document.activeElement === input && links.length > 0) {
      links[0].click();
    } else if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp") && (at >= 0 || document.activeElement === input)) {
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? input : links[Math.min(next, links.length - 1)]).focus();
    } else {
      return;
    }
    event.preventDefault();
  });
  document.addEventListener("click", event => {
    if (!event.target.closest(".search")) list.hidden = true;
  });
  // On a phone the list of pages would come before the text.
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector("nav > details").open = false;
})();
