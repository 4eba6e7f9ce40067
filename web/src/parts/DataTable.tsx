/** A table that filters, sorts, pages and exports; on a phone, the same as cards. Ten thousand rows are no matter:
 * one page is drawn. */
import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { Suspense, lazy, type ReactNode } from "react";

import { Empty, Loading } from "./Told";
import { csv, save } from "./files";
import { useNarrow } from "./narrow";
import { article, plural } from "./wording";

const CardList = lazy(() => import("./CardList"));

export interface Column<T> {
  id: string;
  /** Empty for a column of buttons: it is neither sorted nor exported. */
  header: string;
  /** What filter, sort and export see; a number sorts as one. */
  value: (row: T) => string | number | null | undefined;
  /** What is shown, where that is not the value. */
  cell?: (row: T) => ReactNode;
  width?: number;
  /** Heads the row's card on a phone; otherwise the first column does. */
  heads?: boolean;
  minWidth?: number;
}

export interface DataTableProps<T> {
  title: string;
  columns: Column<T>[];
  rows: readonly T[];
  /** What one row is called: "client". */
  noun: string;
  id: (row: T) => string;
  empty: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  loading?: boolean;
  /** Of the row that is looked at; a click on a row tells. */
  selected?: string | undefined;
  onSelect?: (row: T) => void;
  pageSize?: number;
  sortBy?: string;
  descending?: boolean;
  headingTag?: "h2" | "h3";
}

export function DataTable<T>(props: DataTableProps<T>) {
  const { columns, rows, noun, id, pageSize = 15 } = props;
  const narrow = useNarrow();
  const text = (row: T, column: Column<T>) => String(column.value(row) ?? "");
  const shown = (row: T, column: Column<T>): ReactNode => (column.cell ? column.cell(row) : text(row, column) || "–");
  const definitions: TableProps.ColumnDefinition<T>[] = columns.map((column) => ({
    id: column.id,
    header: column.header || "Action",
    cell: (row) => shown(row, column),
    // The field tells the table which column is sorted: definitions are made anew each time it is drawn.
    ...(column.header
      ? { sortingField: column.id, sortingComparator: (a: T, b: T) => compared(column.value(a), column.value(b)) }
      : {}),
    ...(column.width ? { width: column.width } : {}),
    minWidth: column.minWidth ?? 90,
  }));
  const sorted = definitions.find((definition) => definition.id === props.sortBy);
  const { items, collectionProps, filterProps, paginationProps, filteredItemsCount } = useCollection(rows, {
    filtering: {
      filteringFunction: (row, wanted) =>
        columns.some((column) => text(row, column).toLowerCase().includes(wanted.toLowerCase())),
      empty: props.empty,
      noMatch: <Empty title="Nothing matches">Take out some of the words you search for.</Empty>,
    },
    pagination: { pageSize },
    sorting: sorted
      ? { defaultState: { sortingColumn: sorted, isDescending: props.descending ?? false } }
      : {},
    selection: { trackBy: id },
  });
  const named = columns.filter((column) => column.header);
  const exportRows = () =>
    save(
      `${noun.replace(/\W+/g, "-")}.csv`,
      csv(named.map((c) => c.header), rows.map((row) => named.map((c) => text(row, c)))),
      "text/csv",
    );
  const chosen = rows.filter((row) => id(row) === props.selected);
  const around = {
    header: <Heading {...props} exportRows={exportRows} />,
    filter: rows.length > 5 ? (
      <TextFilter
        {...filterProps}
        filteringPlaceholder="Find"
        filteringAriaLabel={`Find in ${props.title}`}
        countText={plural(filteredItemsCount ?? 0, "match", "matches")}
      />
    ) : undefined,
    pagination: rows.length > pageSize ? <Pagination {...paginationProps} /> : undefined,
    empty: collectionProps.empty ?? props.empty,
    loading: props.loading ?? false,
  };
  if (narrow) {
    const sort = (name: string, isDescending: boolean) => {
      const sortingColumn = definitions.find((definition) => definition.id === name) ?? {};
      collectionProps.onSortingChange?.(new CustomEvent("sort", { detail: { sortingColumn, isDescending } }));
    };
    const by = collectionProps.sortingColumn?.sortingField ?? "";
    return (
      <Suspense fallback={<Loading />}>
        <CardList {...around} columns={columns as Column<unknown>[]} items={items} shown={shown as (row: unknown, column: Column<unknown>) => ReactNode}
          id={id as (row: unknown) => string} title={props.title} noun={noun} reference={collectionProps.ref} chosen={chosen}
          onSelect={props.onSelect as ((row: unknown) => void) | undefined}
          sorted={{ id: by, descending: collectionProps.sortingDescending ?? false }} sort={sort} />
      </Suspense>
    );
  }
  return (
    <Table<T>
      {...collectionProps}
      {...around}
      {...(props.onSelect
        ? {
            selectionType: "single" as const,
            selectedItems: chosen,
            onSelectionChange: ({ detail }: { detail: { selectedItems: T[] } }) => {
              if (detail.selectedItems[0]) props.onSelect?.(detail.selectedItems[0]);
            },
            onRowClick: ({ detail }: { detail: { item: T } }) => props.onSelect?.(detail.item),
          }
        : {})}
      columnDefinitions={definitions}
      items={items}
      trackBy={id}
      loadingText={`Loading ${noun}s`}
      wrapLines
      variant="container"
      ariaLabels={{
        tableLabel: props.title,
        selectionGroupLabel: `Choose ${article(noun)} ${noun}`,
        itemSelectionLabel: (_, row) => `Choose ${columns[0] ? text(row, columns[0]) : id(row)}`,
      }}
    />
  );
}

function Heading<T>(props: DataTableProps<T> & { exportRows: () => void }) {
  return (
    <Header
      variant={props.headingTag ?? "h2"}
      counter={`(${props.rows.length})`}
      description={props.description}
      actions={
        <SpaceBetween size="xs" direction="horizontal">
          {props.actions}
          <Button iconName="download" onClick={props.exportRows} disabled={!props.rows.length} ariaLabel={`Export ${props.title} as CSV`}>
            CSV
          </Button>
        </SpaceBetween>
      }
    >
      {props.title}
    </Header>
  );
}

export function compared(a: string | number | null | undefined, b: string | number | null | undefined): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a == null || b == null) return Number(a == null) - Number(b == null);
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}
