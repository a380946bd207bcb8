// Names and values below each other; what has no value is left out.

export type Fact = [name: string, value: string | undefined];

export function FactList({ rows, small = false }: { rows: Fact[]; small?: boolean }) {
  return (
    <dl class={small ? "facts small" : "facts"}>
      {rows.map(
        ([name, value]) =>
          value && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
