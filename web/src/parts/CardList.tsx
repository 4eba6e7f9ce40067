/** A table's rows on a phone: a card each, with the columns as lines, and the sorting as a choice above them. */
import Cards, { type CardsProps } from "@cloudscape-design/components/cards";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode, Ref } from "react";

import type { Column } from "./DataTable";
import { article } from "./wording";

const HALF_PX = 150;

export interface CardListProps<T> {
  columns: Column<T>[];
  items: readonly T[];
  shown: (row: T, column: Column<T>) => ReactNode;
  id: (row: T) => string;
  title: string;
  noun: string;
  reference: Ref<CardsProps.Ref>;
  header: ReactNode;
  filter: ReactNode;
  pagination: ReactNode;
  empty: ReactNode;
  loading: boolean;
  chosen: readonly T[];
  onSelect: ((row: T) => void) | undefined;
  sorted: { id: string; descending: boolean };
  sort: (id: string, descending: boolean) => void;
}

export default function CardList<T>(props: CardListProps<T>) {
  const { columns, items, shown } = props;
  const first = columns.find((column) => column.heads) ?? columns[0];
  const rest = columns.filter((column) => column !== first);
  const named = columns.filter((column) => column.header);
  const orders = named.flatMap((column) => [
    { value: `${column.id} up`, label: `${column.header}, upwards` },
    { value: `${column.id} down`, label: `${column.header}, downwards` },
  ]);
  const order = `${props.sorted.id} ${props.sorted.descending ? "down" : "up"}`;
  const sorting = items.length > 1 && (
    <Select selectedOption={orders.find((one) => one.value === order) ?? null} options={orders} placeholder="Sort"
      ariaLabel={`Sort ${props.title}`} onChange={({ detail }) => {
        const [name = "", way] = (detail.selectedOption.value ?? "").split(" ");
        props.sort(name, way === "down");
      }} />
  );
  return (
    <Cards<T>
      ref={props.reference}
      items={items}
      trackBy={props.id}
      cardsPerRow={[{ cards: 1 }]}
      cardDefinition={{
        header: (row) => first && <div className="anywhere card-head">{shown(row, first)}</div>,
        sections: rest.map((column) => ({
          id: column.id,
          ...(column.header ? { header: column.header } : {}),
          content: (row) => <span className="anywhere">{shown(row, column)}</span>,
          width: column.width && column.width <= HALF_PX ? 50 : 100,
        })),
      }}
      header={props.header}
      filter={<SpaceBetween size="xs">{props.filter}{sorting}</SpaceBetween>}
      pagination={props.pagination}
      empty={props.empty}
      loading={props.loading}
      loadingText={`Loading ${props.noun}s`}
      selectedItems={[...props.chosen]}
      {...(props.onSelect
        ? {
            selectionType: "single" as const,
            entireCardClickable: true,
            onSelectionChange: ({ detail }: { detail: { selectedItems: T[] } }) => {
              if (detail.selectedItems[0]) props.onSelect?.(detail.selectedItems[0]);
            },
          }
        : {})}
      ariaLabels={{
        cardsLabel: props.title,
        selectionGroupLabel: `Choose ${article(props.noun)} ${props.noun}`,
        itemSelectionLabel: (_, row) => `Choose ${first ? String(first.value(row) ?? props.id(row)) : props.id(row)}`,
      }}
    />
  );
}
