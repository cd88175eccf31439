package org.octothorpe.cli.common;

import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options that say where and in which type to compute. */
public final class DeviceChoice {
  /** What {@code --device} takes, for the help of every verb that has it. */
  public static final String DEVICES =
      "Where to compute: cpu, cuda:N (an NVIDIA GPU by its number) or emulated (the same kernels run"
          + " on the processor under a checker: slow, for tests). Default: cpu.";

  /** The types of activations and weights. */
  enum Type {
    F32(DType.F32),
    BF16(DType.BF16);

    private final DType dtype;

    Type(DType dtype) {
      this.dtype = dtype;
    }

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", description = DEVICES)
  private String device = "cpu";

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "f32",
      description =
          "Type of activations and weights: ${COMPLETION-CANDIDATES}; sums are f32 in both."
              + " Default: f32.")
  private Type dtype = Type.F32;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = KernelThreads.DESCRIPTION)
  private int threads;

  @Option(
      names = "--deterministic",
      description = "The same bits for any number of threads; slower.")
  private boolean deterministic;

  /** Returns the type of activations and weights. */
  public DType dtype() {
    return dtype.dtype;
  }

  /** Returns the device's name. */
  public String device() {
    return device;
  }

  /**
   * Opens the device.
   *
   * @throws ParameterException if there is no such device, or the number of threads is impossible
   */
  public Device open(CommandSpec spec) {
    check(spec, device);
    try {
      return Device.open(device, new DeviceOptions(KernelThreads.of(spec, threads), deterministic));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Refuses a device's name that does not exist.
   *
   * @throws ParameterException whose message names those that do
   */
  public static void check(CommandSpec spec, String name) {
    try {
      Device.checkName(name);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }
}
