// The return page follows the truth: asks for the state of the payment until it is settled, and shows each new word in place.
const place = document.getElementById("state");
const pause = 2000;

async function look() {
  try {
    const answer = await fetch(place.dataset.look, { cache: "no-store" });
    if (answer.ok) {
      const words = await answer.text();
      if (words !== place.innerHTML) place.innerHTML = words;
    }
  } catch {
    // No connection just now: the next look may be luckier.
  }
  if (place.querySelector("[data-open]")) setTimeout(look, document.hidden ? 3 * pause : pause);
}

if (place) setTimeout(look, pause);
