package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.DType;
import org.octothorpe.graph.Loss;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;

/** The learning rates of runs that name none. */
class TrainSettingsTest {
  private static Schedule schedule(long images, int batch, boolean small) {
    double peak = TrainSettings.defaultLearningRate(images, batch, small);
    return Schedule.cosine(peak, TrainSettings.defaultWarmup(images, batch), images)
        .inStepsOf(batch);
  }

  @Test
  void whatIsNotGivenHasADefault() {
    TrainSettings small =
        new TrainOptions()
            .withData(List.of("train-*.tar"), "top:60", 120_000)
            .withModel("resnext14_8x8d_w32", 32)
            .build();
    assertThat(small)
        .isEqualTo(
            new TrainSettings(
                List.of("train-*.tar"),
                "top:60",
                "resnext14_8x8d_w32",
                Stem.SMALL,
                32,
                120_000,
                64,
                0.1,
                6400,
                Schedule.Decay.COSINE,
                10,
                0.9,
                5e-4,
                Loss.SOFTMAX,
                DType.F32,
                "padded",
                "cpu",
                false,
                1,
                6000,
                0.001));
    assertThat(small.values()).hasSize(21).containsEntry("momentum", 0.9);
  }

  @ParameterizedTest
  @CsvSource({
    "120000, 64, true, 0.1, 6400", "10000000, 64, false, 0.025, 500000",
        "25600, 64, true, 0.1, 6400",
    "12800, 64, true, 0.1, 6400", "6400, 64, true, 0.05, 3200", "3200, 64, true, 0.025, 1600",
    "800, 64, false, 0.0015625, 400", "51200, 256, true, 0.4, 25600", "1, 64, true, 7.8125e-6, 0"
  })
  void aRunHasThePeakThatItsStepsAllow(
      long images, int batch, boolean small, double peak, long warmup) {
    assertThat(TrainSettings.defaultLearningRate(images, batch, small))
        .isCloseTo(peak, within(1e-12));
    assertThat(TrainSettings.defaultWarmup(images, batch)).isEqualTo(warmup);
  }

  @Test
  void theRateClimbsNoFasterInAShortRun() {
    Schedule full = schedule(120_000, 64, true);
    for (int steps = 1; steps < 1900; steps++) {
      Schedule run = schedule(64L * steps, 64, true);
      for (int step = 0; step < Math.min(steps, 100); step++) {
        assertThat(run.at(64L * step))
            .as("step %d of %d", step, steps)
            .isLessThanOrEqualTo(full.at(64L * step) + 1e-3 / 2);
      }
    }
  }
}
