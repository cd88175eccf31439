package org.octothorpe;

/**
 * How a device is opened.
 *
 * @param threads CPU threads that its kernels use; 0: one per processor available to the process,
 *     within the container's CPU quota
 * @param deterministic whether results are bitwise equal for any number of threads. Costs speed on
 *     the CPU: the dense convolutions then come from this library's own kernels, not from oneDNN
 */
public record DeviceOptions(int threads, boolean deterministic) {
  /** All processors, and the fastest kernels. */
  public static final DeviceOptions DEFAULT = new DeviceOptions(0, false);

  static final int MOST_THREADS = 1024;

  /** Checks the values. */
  public DeviceOptions {
    if (threads < 0 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads is " + threads + ", but must be in [0," + MOST_THREADS + "]");
    }
  }

  /** Returns these options with another number of threads. */
  public DeviceOptions withThreads(int count) {
    return new DeviceOptions(count, deterministic);
  }

  /** Returns these options with {@link #deterministic} as given. */
  public DeviceOptions withDeterministic(boolean value) {
    return new DeviceOptions(threads, value);
  }
}
