// A Mini App over the chat, as Telegram shows it: its page in a frame, and the buttons that the page asks for around it.
const dark = matchMedia('(prefers-color-scheme: dark)');
const theme = () => (dark.matches
  ? { bg_color: '#212329', secondary_bg_color: '#111216', section_bg_color: '#212329', text_color: '#edeef0', hint_color: '#b0b4ba', link_color: '#6ab7ff', button_color: '#2f6fb0', button_text_color: '#ffffff' }
  : { bg_color: '#ffffff', secondary_bg_color: '#efeff4', section_bg_color: '#ffffff', text_color: '#1c2024', hint_color: '#707579', link_color: '#0b63b5', button_color: '#1a6fbf', button_text_color: '#ffffff' });

const dialog = document.getElementById('app');
const frame = dialog.querySelector('iframe');
const [back, main] = ['app-back', 'app-main'].map((id) => document.getElementById(id));
const tell = (eventType, eventData = {}) => frame.contentWindow.postMessage(JSON.stringify({ eventType, eventData }), '*');

function still() {
  back.hidden = true;
  main.hidden = true;
}

const asked = {
  web_app_setup_main_button({ is_visible: shown, is_active: active, text, is_progress_visible: busy }) {
    if (shown !== undefined) main.hidden = !shown;
    if (active !== undefined) main.disabled = !active;
    if (text) main.textContent = text;
    main.classList.toggle('busy', Boolean(busy));
  },
  web_app_setup_back_button({ is_visible: shown }) { back.hidden = !shown; },
  web_app_open_link({ url }) { window.open(url, '_blank', 'noopener'); },
  web_app_close() { dialog.close(); },
};
window.addEventListener('message', ({ source, data }) => {
  if (source !== frame.contentWindow || typeof data !== 'string') return;
  const { eventType, eventData } = JSON.parse(data);
  asked[eventType]?.(eventData ?? {});
});
dark.addEventListener('change', () => tell('theme_changed', { theme_params: theme() }));
back.onclick = () => tell('back_button_pressed');
main.onclick = () => tell('main_button_pressed');
document.getElementById('app-close').onclick = () => dialog.close();
dialog.addEventListener('close', () => { frame.src = 'about:blank'; });

/** Opens the Mini App at `url` as the person of this chat. */
export async function open(api, url, title) {
  const data = await (await fetch(`${api}/init-data`)).text();
  const hash = new URLSearchParams({ tgWebAppData: data, tgWebAppVersion: '8.0', tgWebAppPlatform: 'sandbox', tgWebAppThemeParams: JSON.stringify(theme()) });
  still();
  dialog.querySelector('strong').textContent = title;
  frame.title = title;
  frame.src = `${url}#${hash}`;
  dialog.showModal();
}
