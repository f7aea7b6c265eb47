(() => {
  const table = document.getElementById("daftar"), body = table.tBodies[0], rows = [...body.rows];
  const form = document.getElementById("pilih"), [text, pick] = form.elements, told = form.querySelector("output");
  const lang = document.documentElement.lang, words = new Map(rows.map(row => [row, row.textContent.toLowerCase()]));
  const show = () => {
    const wanted = text.value.toLowerCase().split(/\s+/);
    for (const row of rows)
      row.hidden = !(wanted.every(word => words.get(row).includes(word)) && (!pick.value || row.classList.contains(pick.value)));
    told.value = told.dataset.text.replace("#", rows.filter(row => !row.hidden).length.toLocaleString(lang));
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    if (!head.textContent.trim() || head.classList.contains("links")) return;
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.type = "button";
    head.append(button);
    head.setAttribute("aria-sort", "none");
    const isNumber = head.classList.contains("number");
    const value = row => row.cells[at].dataset.v ?? row.cells[at].textContent.trim();
    button.onclick = () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      rows.sort((a, b) => {
        const [one, two] = [value(a), value(b)];
        return !one - !two || sign * (isNumber ? one - two : one.localeCompare(two, lang, { numeric: true }));
      });
      body.append(...rows);
    };
  });
  form.oninput = show;
  form.onsubmit = event => event.preventDefault();
  form.hidden = false;
  show();
})();
