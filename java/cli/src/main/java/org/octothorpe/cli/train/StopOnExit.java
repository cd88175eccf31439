package org.octothorpe.cli.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.octothorpe.train.TrainingLoop;

/**
 * Stops a loop when the process is to end, as by Ctrl-C, and holds the process until it is
 * released: until the loop's checkpoint is written.
 */
final class StopOnExit {
  private static final long SECONDS_TO_STOP = 300;

  private final TrainingLoop loop;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "octothorpe-stop");

  StopOnExit(TrainingLoop loop) {
    this.loop = loop;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stopAndWait() {
    loop.stop();
    try {
      if (!done.await(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        System.err.println(
            "the step did not end in " + SECONDS_TO_STOP + " s; the last checkpoint is kept");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets the process end. */
  void release() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is going down already, which is why the loop has stopped.
      return;
    }
  }
}
