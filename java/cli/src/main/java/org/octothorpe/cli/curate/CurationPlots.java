package org.octothorpe.cli.curate;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.octothorpe.data.curation.CurationReport;

/** The plots of a curation's report. */
final class CurationPlots {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 420;
  private static final int BARS = 25;
  private static final Color BEFORE = new Color(0x9a9a9a);
  private static final Color AFTER = new Color(0x1f5fa8);
  private static final Color DRAWN = new Color(0xd98a2b);

  private CurationPlots() {}

  /** Images against rank, both on log axes: how much flatter the tags become. */
  static XYChart frequencies(CurationReport report) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("Images of each tag, most frequent first")
            .xAxisTitle("rank of the tag")
            .yAxisTitle("images")
            .build();
    chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
    style(chart.getStyler());
    ranks(chart, "before", report.tags(), CurationReport.Tag::images, BEFORE);
    ranks(chart, "an epoch, on average", report.tags(), CurationReport.Tag::expectedImages, AFTER);
    ranks(chart, "epoch 0", report.tags(), CurationReport.Tag::firstEpochImages, DRAWN);
    return chart;
  }

  private static void ranks(
      XYChart chart,
      String name,
      List<CurationReport.Tag> tags,
      ToDoubleFunction<CurationReport.Tag> images,
      Color color) {
    // A log axis has no 0.
    double[] sorted = tags.stream().mapToDouble(images).filter(n -> n > 0).sorted().toArray();
    int n = sorted.length;
    if (n == 0) {
      return;
    }
    double[] rank = IntStream.rangeClosed(1, n).asDoubleStream().toArray();
    double[] y = IntStream.range(0, n).mapToDouble(i -> sorted[n - 1 - i]).toArray();
    chart
        .addSeries(name, rank, y)
        .setMarker(n < 50 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE)
        .setMarkerColor(color)
        .setLineColor(color)
        .setLineStyle(new BasicStroke(2));
  }

  /** How many images have how many tags. */
  static CategoryChart tagsPerImage(CurationReport report) {
    List<Long> before = report.tagsPerImageBefore();
    List<Long> after = report.tagsPerImageAfter();
    int size = Math.max(before.size(), after.size());
    List<Integer> tags = IntStream.range(0, size).boxed().toList();
    CategoryChart chart = bars("Tags an image", "tags", "images");
    chart.addSeries("as read", tags, padded(before, size)).setFillColor(BEFORE);
    chart.addSeries("of the set", tags, padded(after, size)).setFillColor(AFTER);
    return chart;
  }

  private static List<Long> padded(List<Long> counts, int size) {
    List<Long> padded = new ArrayList<>(counts);
    while (padded.size() < size) {
      padded.add(0L);
    }
    return padded;
  }

  /** The canonical tags with the most images, and how many of them have the tag itself. */
  static CategoryChart merges(List<CurationReport.Merge> merges) {
    List<CurationReport.Merge> most = merges.subList(0, Math.min(BARS, merges.size()));
    List<String> names = most.stream().map(merge -> "#" + merge.canonical()).toList();
    CategoryChart chart = bars("Merged tags", "", "images");
    chart.getStyler().setXAxisLabelRotation(60);
    chart
        .addSeries("its own spelling", names, most.stream().map(CurationPlots::own).toList())
        .setFillColor(BEFORE);
    chart
        .addSeries("all spellings", names, most.stream().map(CurationReport.Merge::images).toList())
        .setFillColor(AFTER);
    return chart;
  }

  private static long own(CurationReport.Merge merge) {
    return merge.spellings().stream()
        .filter(tag -> tag.tag().equals(merge.canonical()))
        .mapToLong(tag -> tag.images())
        .sum();
  }

  /** The dropped tags with the most images. */
  static CategoryChart drops(List<CurationReport.Drop> drops) {
    List<CurationReport.Drop> most = drops.subList(0, Math.min(BARS, drops.size()));
    CategoryChart chart = bars("Dropped tags", "", "images");
    chart.getStyler().setXAxisLabelRotation(60);
    chart.getStyler().setLegendVisible(false);
    chart
        .addSeries(
            "dropped",
            most.stream().map(drop -> "#" + drop.tag()).toList(),
            most.stream().map(CurationReport.Drop::images).toList())
        .setFillColor(BEFORE);
    return chart;
  }

  private static CategoryChart bars(String title, String x, String y) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    chart.getStyler().setAvailableSpaceFill(0.8);
    style(chart.getStyler());
    return chart;
  }

  private static void style(AxesChartStyler styler) {
    styler.setLegendPosition(Styler.LegendPosition.InsideNE);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotGridLinesColor(new Color(0xe6e6e6));
    styler.setPlotBorderVisible(false);
  }
}
