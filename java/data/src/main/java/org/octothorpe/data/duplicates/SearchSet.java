package org.octothorpe.data.duplicates;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.Samples;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.inference.NetworkOutputs;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.models.Network;

/**
 * Images with all that is compared of them: fingerprints and, if there is a network, its features.
 */
public final class SearchSet {
  private final Fingerprints prints;
  private final float @Nullable [][] features;
  private final float @Nullable [][] mirroredFeatures;

  private SearchSet(
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

    private float[][] features(
        Samples samples, int threads, boolean mirrored, LongConsumer progress) {
      float[][] rows = new float[samples.size()][];
      for (int first = 0; first < rows.length; first += RUN) {
        int end = Math.min(rows.length, first + RUN);
        Samples run = Samples.of(samples.all().subList(first, end), samples.bad());
        long before = first;
        describe(run, threads, mirrored, rows, first, done -> progress.accept(before + done));
        progress.accept(end); // of the unusable ones nothing was heard
      }
      return rows;
    }

    private void describe(
        Samples run,
        int threads,
        boolean mirrored,
        float[][] rows,
        int first,
        LongConsumer progress) {
      Dataset data = Dataset.unlabeled(run);
      LoaderOptions loading =
          LoaderOptions.of(data, Math.min(batch, data.size()))
              .withImageSize(imageSize)
              .withThreads(threads)
              .withAugmentation(Augmentation.whole(mirrored));
      NetworkOutputs outputs = NetworkOutputs.regional(network, dtype, loading, progress);
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
   * @param stages returns, for each reading of the images, by its name, what receives the number of
   *     images done, from any thread
   */
  public static SearchSet searched(
      Samples samples,
      @Nullable Describer describer,
      int threads,
      Function<String, LongConsumer> stages) {
    return of(samples, describer, threads, stages, false);
  }

  /** Reads images for which duplicates are searched: their mirror images are described too. */
  public static SearchSet queried(
      Samples samples,
      @Nullable Describer describer,
      int threads,
      Function<String, LongConsumer> stages) {
    return of(samples, describer, threads, stages, true);
  }

  private static SearchSet of(
      Samples samples,
      @Nullable Describer describer,
      int threads,
      Function<String, LongConsumer> stages,
      boolean queried) {
    Fingerprints prints = Fingerprints.of(samples, threads, stages.apply("reading"));
    if (describer == null) {
      return new SearchSet(prints, null, null);
    }
    return new SearchSet(
        prints,
        describer.features(samples, threads, false, stages.apply("describing")),
        queried ? describer.features(samples, threads, true, stages.apply("mirroring")) : null);
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
