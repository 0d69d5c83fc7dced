for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  if (body.rows.length < 2) continue;
  const key = (row, at) => row.cells[at].dataset.key ?? row.cells[at].textContent;
  heads.forEach((head, at) => {
    if (head.classList.contains("trend")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows];
      const numbers = rows.every(row => !isNaN(key(row, at)));
      rows.sort((one, other) => {
        const x = key(one, at), y = key(other, at);
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = numbers ? x - y : x.localeCompare(y, "en", {numeric: true});
        return up ? order : -order;
      });
      body.append(...rows);
    });
  });
}
const scrolled = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
addEventListener("resize", scrolled);
addEventListener("toggle", scrolled, true);
scrolled();
