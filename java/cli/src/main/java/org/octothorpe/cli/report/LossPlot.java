package org.octothorpe.cli.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A plot of the loss and the learning rate against the images processed. */
public final class LossPlot {
  /** More points than this cannot be distinguished on the plot. */
  private static final int POINTS = 1500;

  private static final Color RAW = new Color(0xb9cfe8);
  private static final Color SMOOTH = new Color(0x1f5fa8);
  private static final Color RATE = new Color(0xd98a2b);

  private LossPlot() {}

  /** Draws the plot and writes it as a PNG file; does nothing for less than two steps. */
  public static void write(Path file, String title, LossCurve curve) throws IOException {
    if (curve.points().size() >= 2) {
      PngFile.write(file, draw(title, curve));
    }
  }

  /** Draws the plot. */
  static BufferedImage draw(String title, LossCurve curve) {
    List<LossCurve.Point> points = curve.points();
    double[] smooth = curve.smooth();
    int stride = Math.max(1, points.size() / POINTS);
    int n = (points.size() + stride - 1) / stride;
    double[] images = new double[n];
    double[] raw = new double[n];
    double[] mean = new double[n];
    double[] rate = new double[n];
    for (int i = 0; i < n; i++) {
      LossCurve.Point point = points.get(i * stride);
      images[i] = point.images();
      raw[i] = point.loss();
      mean[i] = smooth[i * stride];
      rate[i] = point.learningRate();
    }
    XYChart chart =
        new XYChartBuilder()
            .width(1000)
            .height(560)
            .title(title)
            .xAxisTitle("images processed")
            .yAxisTitle("loss (nats)")
            .build();
    style(chart);
    line(chart, "loss of a step", images, raw, RAW, 1f);
    line(chart, "smoothed", images, mean, SMOOTH, 2.5f);
    XYSeries rates = line(chart, "learning rate (right)", images, rate, RATE, 1.5f);
    rates.setYAxisGroup(1);
    return BitmapEncoder.getBufferedImage(chart);
  }

  private static XYSeries line(
      XYChart chart, String name, double[] x, double[] y, Color color, float width) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    return series;
  }

  private static void style(XYChart chart) {
    chart.setYAxisGroupTitle(1, "learning rate");
    XYStyler styler = chart.getStyler();
    styler.setYAxisGroupPosition(1, Styler.YAxisPosition.Right);
    styler.setLegendPosition(Styler.LegendPosition.InsideNE);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotGridLinesColor(new Color(0xe6e6e6));
    styler.setPlotBorderVisible(false);
    styler.setXAxisDecimalPattern("#,###");
    styler.setYAxisDecimalPattern("0.0###");
    styler.setXAxisMin(0.0);
    styler.setYAxisMin(1, 0.0);
  }
}
