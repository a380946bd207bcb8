// The question who sits here, when the server asks it, and the answer.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asked, mayLook, session, signIn, signOut, token } from "../api/session";
import { inLanguage, named, t } from "../i18n";
import { language, otherLanguage } from "../settings";

/** What is inside is shown to whom the server knows, and who may look. */
export function SignedIn({ children }: { children: ComponentChildren }) {
  if (asked.value) return <SignIn />;
  if (!session.value) return <p class="sign-in muted">{t("connecting")}</p>;
  if (!mayLook.value) return <NothingToSee />;
  return <>{children}</>;
}

function SignIn() {
  const [text, setText] = useState("");
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) signIn(text);
          setText("");
        }}
      >
        <div class="panel-head">
          <strong class="brand">shorewatch</strong>
          <span class="spring" />
          <button type="button" class="tool" lang={language.value === "en" ? "zh" : "en"} onClick={otherLanguage}>
            {language.value === "en" ? "中文" : "English"}
          </button>
        </div>
        <h1>{t("signIn")}</h1>
        <p class="muted" role="status">
          {t(token.value ? "tokenRefused" : "signInHint")}
        </p>
        <label>
          {t("token")}
          <input type="password" name="token" autocomplete="off" autofocus value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary">
          {t("signIn")}
        </button>
      </form>
    </main>
  );
}

function NothingToSee() {
  return (
    <main class="sign-in">
      <div class="card">
        <p>{t("nothingToSee")}</p>
        <p>
          <WhoIsHere />
        </p>
      </div>
    </main>
  );
}

/** The name of a unit for people. */
export function unitName(id: string): string {
  const unit = session.value?.units.find((known) => known.id === id);
  return unit ? inLanguage(unit.name, unit.name_zh) || id : id;
}

/** Who is signed in, and the way out. A server that is set up for nobody else knows one user only. */
export function WhoIsHere() {
  const who = session.value;
  if (!who || who.roles.length === 0) return null;
  const parts = [...who.roles.map((role) => named("role_", role)), who.unit ? unitName(who.unit) : ""];
  return (
    <>
      <span class="who-is-here">
        <b>{who.name || who.id}</b> <span class="muted">{parts.filter(Boolean).join(", ")}</span>
      </span>
      {token.value && (
        <button type="button" class="tool" onClick={signOut}>
          {t("signOut")}
        </button>
      )}
    </>
  );
}
