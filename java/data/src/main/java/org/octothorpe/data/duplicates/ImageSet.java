package org.octothorpe.data.duplicates;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.data.Augmentation;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.LoaderOptions;
import org.octothorpe.data.NetworkOutputs;
import org.octothorpe.data.Samples;
import org.octothorpe.models.Network;

/**
 * Images with all that is compared of them: fingerprints and, if there is a network, its features.
 */
public final class ImageSet {
  private final Fingerprints prints;
  private final float @Nullable [][] features;
  private final float @Nullable [][] mirroredFeatures;

  private ImageSet(
      Fingerprints prints, float @Nullable [][] features, float @Nullable [][] mirroredFeatures) {
    this.prints = prints;
    this.features = features;
    this.mirroredFeatures = mirroredFeatures;
  }

  /**
   * A network that describes images.
   *
   * @param network whose last stage is pooled by regions
   * @param imageSize rows and columns that it is given
   * @param batch images at once
   */
  public record Describer(Network network, DType dtype, int imageSize, int batch) {
    /** Images described at once, so that their values fit into one array. */
    private static final int RUN = 1 << 16;

    private float[][] features(Samples samples, int threads, boolean mirrored) {
      float[][] rows = new float[samples.size()][];
      for (int first = 0; first < rows.length; first += RUN) {
        int end = Math.min(rows.length, first + RUN);
        Samples run = Samples.of(samples.all().subList(first, end), samples.bad());
        describe(run, threads, mirrored, rows, first);
      }
      return rows;
    }

    private void describe(Samples run, int threads, boolean mirrored, float[][] rows, int first) {
      Dataset data = Dataset.unlabelled(run);
      LoaderOptions loading =
          data.batches(Math.min(batch, data.size()))
              .imageSize(imageSize)
              .threads(threads)
              .augmentation(Augmentation.whole(mirrored));
      NetworkOutputs outputs = NetworkOutputs.regional(network, dtype, loading);
      float[] unusable = new float[outputs.width()];
      Arrays.fill(rows, first, first + run.size(), unusable);
      for (int i = 0; i < outputs.images(); i++) {
        int from = i * outputs.width();
        rows[first + outputs.samples()[i]] =
            Arrays.copyOfRange(outputs.values(), from, from + outputs.width());
      }
    }
  }

  /**
   * Reads images in which duplicates are searched.
   *
   * @param describer null for fingerprints alone
   * @param threads that read and decode
   * @param progress receives the number of images read, from any thread
   */
  public static ImageSet searched(
      Samples samples, @Nullable Describer describer, int threads, LongConsumer progress) {
    return of(samples, describer, threads, progress, false);
  }

  /** Reads images for which duplicates are searched: their mirror images are described too. */
  public static ImageSet queried(
      Samples samples, @Nullable Describer describer, int threads, LongConsumer progress) {
    return of(samples, describer, threads, progress, true);
  }

  private static ImageSet of(
      Samples samples,
      @Nullable Describer describer,
      int threads,
      LongConsumer progress,
      boolean queried) {
    Fingerprints prints = Fingerprints.of(samples, threads, progress);
    if (describer == null) {
      return new ImageSet(prints, null, null);
    }
    return new ImageSet(
        prints,
        describer.features(samples, threads, false),
        queried ? describer.features(samples, threads, true) : null);
  }

  /** Returns what needs no network. */
  public Fingerprints prints() {
    return prints;
  }

  /** Returns the images. */
  public Samples samples() {
    return prints.samples();
  }

  float @Nullable [][] features() {
    return features;
  }

  float @Nullable [][] mirroredFeatures() {
    return mirroredFeatures;
  }
}
