package org.octothorpe.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final double EXACT = 1e-12;

  @Test
  void warmsUpLinearly() {
    Schedule schedule = new Schedule(3, 1, 100, Schedule.Decay.CONSTANT, 1, 1000);
    assertThat(schedule.at(0)).isEqualTo(1);
    assertThat(schedule.at(50)).isEqualTo(2, within(EXACT));
    assertThat(schedule.at(100)).isEqualTo(3);
    assertThat(schedule.at(999)).isEqualTo(3);
  }

  @Test
  void theFirstOfWStepsHasOneWthOfThePeak() {
    Schedule schedule = Schedule.cosine(2, 640, 6400).inStepsOf(64);
    for (int step = 0; step < 10; step++) {
      assertThat(schedule.at(64L * step)).isEqualTo(2 * (step + 1) / 10.0, within(EXACT));
    }
    assertThat(schedule.at(640)).isLessThan(2);
    assertThat(Schedule.cosine(2, 64, 6400).inStepsOf(64).at(0)).isEqualTo(2);
  }

  @Test
  void halvesAtEqualSteps() {
    Schedule schedule = Schedule.halving(8, 0, 3, 400);
    assertThat(schedule.at(0)).isEqualTo(8);
    assertThat(schedule.at(99)).isEqualTo(8);
    assertThat(schedule.at(100)).isEqualTo(4);
    assertThat(schedule.at(200)).isEqualTo(2);
    assertThat(schedule.at(300)).isEqualTo(1);
    assertThat(schedule.at(400)).isEqualTo(1);
  }

  @Test
  void dividesByTen() {
    Schedule schedule = new Schedule(1, 0, 100, Schedule.Decay.STEP, 2, 400);
    assertThat(schedule.at(199)).isEqualTo(1);
    assertThat(schedule.at(200)).isEqualTo(0.1, within(EXACT));
    assertThat(schedule.at(300)).isEqualTo(0.01, within(EXACT));
  }

  @Test
  void followsACosine() {
    Schedule schedule = Schedule.cosine(2, 100, 300);
    assertThat(schedule.at(100)).isEqualTo(2);
    assertThat(schedule.at(150)).isEqualTo(1 + Math.sqrt(0.5), within(EXACT));
    assertThat(schedule.at(200)).isEqualTo(1, within(EXACT));
    assertThat(schedule.at(300)).isEqualTo(0, within(EXACT));
    assertThat(schedule.at(400)).isEqualTo(0, within(EXACT));
  }

  @Test
  void scalesWithTheMinibatch() {
    assertThat(Schedule.scaled(0.1, 8064)).isEqualTo(3.15, within(EXACT));
  }

  @Test
  void refusesImpossibleValues() {
    assertThatThrownBy(() -> Schedule.cosine(Double.NaN, 0, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("learning rate is NaN, but must be finite and > 0");
    assertThatThrownBy(() -> Schedule.cosine(1, 11, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("warm-up is 11 images, but must be in [0,10], the length of the training");
    assertThatThrownBy(() -> Schedule.halving(1, 0, 0, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("decay steps is 0, but must be >= 1");
  }
}
