package org.octothorpe.cli.evaluate;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.octothorpe.cli.report.ContactSheet;
import org.octothorpe.cli.report.ContactSheet.Cell;
import org.octothorpe.cli.report.ContactSheet.Prediction;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.images.DrawnImage;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.inference.NetworkOutputs;
import org.octothorpe.data.samples.Sample;

/** Contact sheets of images with the tags that they carry and those that a network predicts. */
public final class TagSheet {
  private static final int IMAGES = 24;
  private static final int PREDICTIONS = 3;

  private TagSheet() {}

  /** Writes a sheet of images that lie evenly in the data set; the predictions are softmaxed. */
  public static void write(
      Path file, String title, Dataset data, NetworkOutputs logits, List<String> vocabulary)
      throws IOException {
    int count = Math.min(IMAGES, logits.images());
    List<Cell> cells = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int row = (int) ((long) i * logits.images() / count);
      Sample sample = data.sample(logits.samples()[row]);
      List<Prediction> predictions = predictions(logits, row, vocabulary);
      cells.add(new Cell(image(sample), sample.tags(), new HashSet<>(sample.tags()), predictions));
    }
    ContactSheet.write(file, title, cells);
  }

  private static List<Prediction> predictions(
      NetworkOutputs logits, int row, List<String> vocabulary) {
    int width = logits.width();
    int from = row * width;
    float[] values = logits.values();
    double largest =
        IntStream.range(from, from + width).mapToDouble(i -> values[i]).max().orElse(0);
    double total =
        IntStream.range(from, from + width).mapToDouble(i -> Math.exp(values[i] - largest)).sum();
    return IntStream.range(0, width)
        .boxed()
        .sorted((a, b) -> Float.compare(values[from + b], values[from + a]))
        .limit(PREDICTIONS)
        .map(c -> new Prediction(vocabulary.get(c), Math.exp(values[from + c] - largest) / total))
        .toList();
  }

  private static BufferedImage image(Sample sample) throws IOException {
    try {
      return DrawnImage.square(sample, ContactSheet.IMAGE);
    } catch (ImageReader.UnusableImage e) {
      throw new IOException(sample.where() + " cannot be drawn: " + e.getMessage(), e);
    }
  }
}
