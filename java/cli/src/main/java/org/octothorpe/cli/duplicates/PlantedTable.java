package org.octothorpe.cli.duplicates;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import org.octothorpe.cli.report.Table;
import org.octothorpe.data.duplicates.PlantedDuplicates.Kind;
import org.octothorpe.data.duplicates.PlantedResult;

/** The table of what was found of planted duplicates, and what else, at several thresholds. */
final class PlantedTable {
  private static final double[] USUAL = {0.5, 0.6, 0.7, 0.8, 0.9};

  private PlantedTable() {}

  static Table of(PlantedResult result, double chosen) {
    double[] thresholds =
        DoubleStream.concat(Arrays.stream(USUAL), DoubleStream.of(chosen)).toArray();
    Table table = new Table();
    table.row(cells("planted", "copies", thresholds, t -> String.format(Locale.ROOT, "%.2f", t)));
    for (Kind kind : Kind.values()) {
      table.row(
          cells(
              kind.description(),
              String.format(Locale.ROOT, "%,d", result.planted(kind)),
              thresholds,
              t -> String.format(Locale.ROOT, "%.2f %%", 100 * result.recall(kind, t))));
    }
    return table.row(
        cells(
            "false pairs",
            "",
            thresholds,
            t ->
                String.format(
                    Locale.ROOT,
                    "%,d",
                    Arrays.stream(Kind.values()).mapToInt(k -> result.falsePairs(k, t)).sum())));
  }

  private static String[] cells(
      String name, String count, double[] thresholds, DoubleFunction<String> value) {
    String[] cells = new String[2 + thresholds.length];
    cells[0] = name;
    cells[1] = count;
    for (int i = 0; i < thresholds.length; i++) {
      cells[2 + i] = value.apply(thresholds[i]);
    }
    return cells;
  }
}
