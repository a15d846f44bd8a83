// The Mini App speaks to Telegram. Telegram's own script is not fetched: pages here run only what this shop serves, and of its
// protocol (events to and from the app, what stands behind the `#`) little is needed.
(() => {
  const root = document.documentElement;
  const hash = location.hash;
  const said = new URLSearchParams(hash.slice(1));
  const proof = said.get('tgWebAppData') ?? '';
  const native = window.TelegramWebviewProxy;
  const framed = window.parent !== window;

  /** An event to the app. No secret is among them, and only the pages that our policy names can hold this one. */
  function post(eventType, eventData = {}) {
    if (native) native.postEvent(eventType, JSON.stringify(eventData));
    else if (framed) window.parent.postMessage(JSON.stringify({ eventType, eventData }), '*');
  }

  // The colours of the person's Telegram, in the place of ours.
  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (a, b, share) => {
    const [one, other] = [channels(a), channels(b)];
    return `#${one.map((value, at) => Math.round(value * share + other[at] * (1 - share)).toString(16).padStart(2, '0')).join('')}`;
  };
  let colours = {};
  function paint(theme) {
    colours = Object.fromEntries(Object.entries(theme ?? {}).filter(([, value]) => /^#[0-9a-f]{6}$/i.test(value)));
    const { bg_color: back, text_color: text } = colours;
    if (!back || !text) return;
    const card = colours.section_bg_color ?? back;
    const [red, green, blue] = channels(card);
    root.dataset.theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'dark' : 'light';
    const values = {
      page: colours.secondary_bg_color ?? back,
      card,
      text,
      quiet: mix(text, card, 0.7),
      line: mix(text, card, 0.14),
      field: mix(text, card, 0.5),
      link: colours.link_color,
      button: colours.button_color,
      'button-text': colours.button_text_color,
    };
    for (const [name, value] of Object.entries(values)) if (value) root.style.setProperty(`--tg-${name}`, value);
    root.dataset.painted = 'true';
    post('web_app_set_header_color', { color_key: 'secondary_bg_color' });
    post('web_app_set_background_color', { color: values.page });
  }
  try {
    paint(JSON.parse(said.get('tgWebAppThemeParams') ?? '{}'));
  } catch {
    // Without its colours the page has our own.
  }
  if (!proof) return;
  root.dataset.telegram = 'true';
  const within = Boolean(native) || framed;
  if (within) root.dataset.within = 'true';

  const hear = {};
  function receive(eventType, eventData) {
    hear[eventType]?.(eventData ?? {});
  }
  window.TelegramGameProxy = { receiveEvent: receive };
  window.TelegramGameProxy_receiveEvent = receive;
  window.Telegram = { WebView: { receiveEvent: receive } };
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || typeof event.data !== 'string') return;
    try {
      const { eventType, eventData } = JSON.parse(event.data);
      receive(eventType, eventData);
    } catch {
      // Not one of Telegram's.
    }
  });
  hear.theme_changed = ({ theme_params: theme }) => { paint(theme); button(); };

  /** Telegram's own big button does what the page's does. */
  function button() {
    const main = document.querySelector('[data-main]');
    const shown = Boolean(main) && !main.closest('[hidden]');
    post('web_app_setup_main_button', {
      is_visible: shown,
      is_active: shown,
      is_progress_visible: false,
      ...(shown ? { text: main.textContent.trim() } : {}),
      ...(colours.button_color ? { color: colours.button_color, text_color: colours.button_text_color } : {}),
    });
  }
  hear.main_button_pressed = () => document.querySelector('[data-main]')?.click();
  hear.back_button_pressed = () => document.querySelector('[data-back]')?.click();

  /** What Telegram said goes along to the next page, and into each form. */
  function carry() {
    const own = (address) => address.origin === location.origin && address.pathname.startsWith('/tg/');
    for (const link of document.links) if (own(link)) link.hash = hash;
    for (const form of document.forms) {
      form.action += hash;
      form.querySelectorAll('input[name=init_data]').forEach((field) => { field.value = proof; });
    }
  }

  document.addEventListener('submit', (event) => {
    // Pressed twice is pressed once.
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = 'true';
    if (within) post('web_app_setup_main_button', { is_progress_visible: true, is_active: false });
  });
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    for (const form of document.forms) delete form.dataset.sent;
    button();
  });

  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-open]');
    if (!link || !within) return;
    event.preventDefault();
    post('web_app_open_link', { url: link.href });
  });

  document.addEventListener('change', ({ target }) => {
    if (target.name === 'way') handed(target.value);
  });
  function handed(way) {
    const total = document.querySelector('[data-total]');
    if (total) total.textContent = total.dataset[way];
    const address = document.querySelector('.tg-address');
    if (address) address.hidden = way !== 'delivery';
    if (address) address.querySelector('input').required = way === 'delivery';
  }

  async function count() {
    const form = document.querySelector('[data-cart]');
    if (!form) return;
    const path = document.querySelector('main').dataset.count;
    const answer = await fetch(path, { method: 'POST', body: new URLSearchParams({ init_data: proof }) }).catch(() => undefined);
    const many = answer?.ok ? Number(await answer.text()) : 0;
    if (!many) return;
    const key = form.querySelector('button');
    key.textContent = `${key.dataset.label} · ${many}`;
    form.hidden = false;
    button();
  }

  /** The page of an order follows it until it is paid. */
  async function follow() {
    if (!document.querySelector('[data-waits]')) return;
    const answer = await fetch(location.href, { cache: 'no-store' }).catch(() => undefined);
    const next = answer?.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('state');
    if (next && !next.dataset.waits) {
      document.getElementById('state').replaceWith(next);
      carry();
      button();
    }
    setTimeout(follow, document.hidden ? 6000 : 2000);
  }

  document.addEventListener('DOMContentLoaded', () => {
    carry();
    handed(document.querySelector('input[name=way]:checked')?.value);
    post('iframe_ready', { reload_supported: false });
    post('web_app_ready');
    post('web_app_expand');
    post('web_app_setup_back_button', { is_visible: Boolean(document.querySelector('[data-back]')) });
    button();
    count();
    setTimeout(follow, 2000);
  });
})();
