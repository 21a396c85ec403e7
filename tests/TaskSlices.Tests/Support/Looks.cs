using Microsoft.Playwright;

namespace TaskSlices.Tests.Support;

/// <summary>What a machine can say about whether everybody can see, hit and hear what is on a page (WCAG 2.2: 1.1.1, 1.4.3, 1.4.10, 1.4.11, 2.5.5, 4.1.2).</summary>
public static class Looks
{
    /// <summary>Each fault of what is visible now as a sentence.</summary>
    public static Task<string[]> FindFaultsAsync(IPage page) => page.EvaluateAsync<string[]>("""
        () => {
          const faults = [];
          const say = (element, text) => faults.push(`<${element.localName}${element.id && "#" + element.id}${element.className && "." + element.className}> "${element.textContent.trim().slice(0, 30)}": ${text}`);
          const isSeen = (e) => e.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && !e.closest(".unseen") && e.getClientRects().length > 0;
          const all = [...document.body.querySelectorAll("*")].filter(isSeen);

          const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
          const parse = (color) => {
            pixel.clearRect(0, 0, 1, 1);
            pixel.fillStyle = color;
            pixel.fillRect(0, 0, 1, 1);
            const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
            return [r, g, b, a / 255];
          };
          const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
          const ground = (e) => {
            const layers = [];
            for (; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
            return layers.reverse().reduce((below, layer) => over(layer, below), parse("Canvas"));
          };
          const light = (color) => color.slice(0, 3).map((v) => v / 255).map((v) => (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
          const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };

          for (const e of all) {
            const style = getComputedStyle(e);
            const hasText = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || (e.placeholder && !e.value);
            if (hasText && !e.disabled) {
              const below = ground(e);
              const color = e.placeholder && !e.value ? getComputedStyle(e, "::placeholder").color : style.color;
              const is = contrast(over(parse(color), below), below);
              if (is < 4.5) say(e, `contrast ${is.toFixed(2)}`);
            }

            if (e.matches("input:not([type=radio]), select, textarea")) {
              const is = contrast(parse(style.borderTopColor), ground(e.parentElement));
              if (is < 3 && !e.checked) say(e, `its edge has contrast ${is.toFixed(2)}`);
            }

            if (e.matches("input, textarea, select") && !e.labels?.length && !e.ariaLabel) say(e, "no label");
            if (e.matches("button, a, summary") && !(e.ariaLabel || e.textContent.trim())) say(e, "no name");
            if (e.matches("img") && !e.hasAttribute("alt")) say(e, "no alternative text");
            if (e.matches("svg") && e.ariaHidden !== "true") say(e, "a picture that is read aloud");
            if (e.matches("[tabindex]") && e.tabIndex > 0) say(e, "out of order");

            if (e.matches("button, input, select, textarea")) {
              const target = e.type === "checkbox" ? e.closest("label") : e;
              const { width, height } = target.getBoundingClientRect();
              if (width < 44 || height < 44) say(e, `${width} x ${height} is hard to hit`);
            }
          }

          const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
          for (const id of ids.filter((id, i) => ids.indexOf(id) < i)) faults.push(`two elements are called ${id}`);
          for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls]"))
            for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"])
              for (const id of (e.getAttribute(name) ?? "").split(" ").filter(Boolean))
                if (!ids.includes(id)) say(e, `${name} names ${id}, which is not there`);
          if (all.filter((e) => e.localName === "h1").length !== 1) faults.push("not one heading");
          if (!document.documentElement.lang || !document.title || !document.querySelector("main")) faults.push("no language, title or main part");
          if (document.documentElement.scrollWidth > innerWidth) faults.push(`wider than the window by ${document.documentElement.scrollWidth - innerWidth}`);

          return faults;
        }
        """);
}
