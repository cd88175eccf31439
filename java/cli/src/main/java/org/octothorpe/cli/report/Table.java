package org.octothorpe.cli.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A table of text: the first column to the left, the others to the right unless they are words. */
public final class Table {
  private final boolean words;
  private final List<String[]> rows = new ArrayList<>();

  /** Makes a table of numbers with a name before them. */
  public Table() {
    this(false);
  }

  private Table(boolean words) {
    this.words = words;
  }

  /** Returns a table of words: every column is to the left. */
  public static Table ofWords() {
    return new Table(true);
  }

  /** Appends a row. */
  public Table row(String... cells) {
    rows.add(cells.clone());
    return this;
  }

  /** Prints the table with a line of its own below the first row. */
  public void print(PrintWriter out) {
    int columns = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int c = 0; c < row.length; c++) {
        widths[c] = Math.max(widths[c], row[c].length());
      }
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder();
      String[] row = rows.get(r);
      for (int c = 0; c < row.length; c++) {
        String padding = " ".repeat(widths[c] - row[c].length());
        line.append(c == 0 ? "" : "   ");
        line.append(c == 0 || words ? row[c] + padding : padding + row[c]);
      }
      out.println(line.toString().stripTrailing());
      if (r == 0) {
        out.println("-".repeat(java.util.Arrays.stream(widths).sum() + 3 * (columns - 1)));
      }
    }
    out.flush();
  }
}
