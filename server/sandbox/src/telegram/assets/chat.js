// The person's side of a chat with a bot: shows what the sandbox knows, sends what the person does.
import { open } from '/sandbox/telegram/miniapp.js';

const root = document.querySelector('main.chat');
const { bot, user, lang, start } = root.dataset;
const api = `/sandbox/telegram/api/chats/${bot}/${user}`;
const $ = (id) => document.getElementById(id);
const words = {
  hy: { start: 'ՍԿՍԵԼ', message: 'Հաղորդագրություն', typing: 'գրում է…', bot: 'բոտ', edited: 'խմբագրված' },
  ru: { start: 'НАЧАТЬ', message: 'Сообщение', typing: 'печатает…', bot: 'бот', edited: 'изменено' },
  en: { start: 'START', message: 'Message', typing: 'typing…', bot: 'bot', edited: 'edited' },
}[lang];
document.documentElement.lang = lang;
$('start').textContent = words.start;
$('text').placeholder = words.message;
$('text').setAttribute('aria-label', words.message);
$('state').textContent = words.bot;

const post = (path, body) =>
  fetch(`${api}/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const say = (text) => post('messages', { text });
const time = (seconds) => new Date(seconds * 1000).toTimeString().slice(0, 5);

const allowed = new Set(['B', 'STRONG', 'I', 'EM', 'U', 'S', 'CODE', 'PRE', 'BLOCKQUOTE', 'A']);
function clean(node) {
  for (const child of [...node.children]) {
    clean(child);
    if (!allowed.has(child.tagName)) { child.replaceWith(...child.childNodes); continue; }
    const href = child.getAttribute('href');
    for (const { name } of [...child.attributes]) child.removeAttribute(name);
    if (href && /^(https?:|tg:)/.test(href)) { child.href = href; child.target = '_blank'; child.rel = 'noopener'; }
  }
  return node;
}

let waiting = null;
function button(message, spec) {
  if (spec.url) {
    const link = document.createElement('a');
    // An invitation into a group leads to its door, as this person.
    const invited = /^https:\/\/t\.me\/\+(\w+)$/.exec(spec.url);
    const href = invited ? `/sandbox/telegram/join/${invited[1]}?user=${user}` : spec.url;
    Object.assign(link, { href, target: '_blank', rel: 'noopener', textContent: spec.text, className: 'key url' });
    return link;
  }
  const key = document.createElement('button');
  key.className = 'key';
  key.textContent = spec.text;
  if (spec.web_app) {
    key.onclick = () => open(api, spec.web_app.url, spec.text);
    return key;
  }
  key.onclick = async () => {
    key.classList.add('busy');
    waiting = key;
    await post('presses', { message_id: message.id, data: spec.callback_data });
  };
  return key;
}

function bubble(message) {
  const row = document.createElement('article');
  row.className = message.from_bot ? 'in' : 'out';
  row.dataset.id = message.id;
  const body = document.createElement('div');
  body.className = 'bubble';
  if (message.photo) {
    const picture = document.createElement('img');
    picture.alt = '';
    picture.src = /^https?:/.test(message.photo) ? message.photo : `/sandbox/telegram/api/photos/${message.photo}`;
    body.append(picture);
  }
  if (message.document) {
    const file = document.createElement('a');
    Object.assign(file, { className: 'document', download: message.document.name, href: `/sandbox/telegram/api/photos/${message.document.id}` });
    const size = document.createElement('small');
    size.textContent = `${Math.ceil(message.document.bytes / 1024)} KB`;
    file.append(`📄 ${message.document.name} `, size);
    body.append(file);
  }
  const parsed = new DOMParser().parseFromString(message.html, 'text/html').body;
  const text = document.createElement('div');
  text.className = 'text';
  text.append(...clean(parsed).childNodes);
  const stamp = document.createElement('small');
  stamp.className = 'stamp';
  stamp.textContent = `${message.edited ? words.edited + ' ' : ''}${time(message.date)}${message.from_bot ? '' : ' ✓✓'}`;
  body.append(text, stamp);
  row.append(body);
  for (const line of message.keyboard?.inline_keyboard ?? []) {
    const keys = document.createElement('div');
    keys.className = 'keys';
    keys.append(...line.map((spec) => button(message, spec)));
    row.append(keys);
  }
  return row;
}

let drawn = new Map();
function draw({ messages, commands, menu }) {
  const log = $('log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const next = new Map();
  messages.forEach((message) => {
    const print = JSON.stringify(message);
    const known = drawn.get(message.id);
    const row = known?.print === print ? known.row : bubble(message);
    if (known && known.row !== row) known.row.replaceWith(row);
    else if (!known) log.append(row);
    next.set(message.id, { print, row });
  });
  for (const [id, { row }] of drawn) if (!next.has(id)) row.remove();
  const first = drawn.size === 0;
  drawn = next;
  $('start').hidden = messages.length > 0;
  $('form').hidden = messages.length === 0;
  $('shop').hidden = !menu?.web_app;
  $('shop').textContent = menu?.text ?? '';
  $('shop').onclick = () => open(api, menu.web_app.url, menu.text);
  $('commands').replaceChildren(...(commands ?? []).map(({ command, description }) => {
    const item = document.createElement('li');
    const key = document.createElement('button');
    key.type = 'button';
    key.textContent = `/${command} `;
    const hint = document.createElement('small');
    hint.textContent = description;
    key.append(hint);
    key.onclick = () => { toggle(false); say(`/${command}`); };
    item.append(key);
    return item;
  }));
  if (atEnd || first) log.scrollTop = log.scrollHeight;
}

async function look() {
  const answer = await fetch(api);
  if (answer.ok) draw(await answer.json());
}

let typing;
function settle() {
  waiting?.classList.remove('busy');
  waiting = null;
}
const events = new EventSource(`${api}/events`);
events.addEventListener('open', look);
events.addEventListener('chat', () => { clearTimeout(typing); $('state').textContent = words.bot; look(); });
events.addEventListener('typing', () => {
  $('state').textContent = words.typing;
  clearTimeout(typing);
  typing = setTimeout(() => { $('state').textContent = words.bot; }, 5000);
});
events.addEventListener('toast', ({ data }) => {
  settle();
  const text = data.slice(1);
  if (!text) return;
  $('toast').textContent = text;
  $('toast').hidden = false;
  setTimeout(() => { $('toast').hidden = true; }, 4000);
});
events.addEventListener('alert', ({ data }) => {
  settle();
  $('alert').querySelector('p').textContent = data.slice(1);
  $('alert').showModal();
});

function toggle(open) {
  $('commands').hidden = !open;
  $('menu').setAttribute('aria-expanded', String(open));
}
$('menu').onclick = () => toggle($('commands').hidden);
$('start').onclick = () => say(start ? `/start ${start}` : '/start');
$('form').onsubmit = (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (!text) return;
  $('text').value = '';
  say(text);
};
