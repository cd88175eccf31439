package org.octothorpe.cli.doctor;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.bytedeco.javacpp.Loader;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Library;
import org.octothorpe.OctothorpeException;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.KernelThreads;
import org.octothorpe.cli.common.Machine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The verb that says what this machine has, what is missing, and what to do next. */
@Command(
    name = "doctor",
    description = {
      "Shows what this machine has and what is missing: Java, processor, native libraries, CUDA.",
      "It changes nothing. Send its output along when you report a problem."
    },
    footer = {
      "  octothorpe doctor",
      "      everything about this machine, then a verdict and what to do next",
      "  OCTOTHORPE_ISA=x86-64-v3 octothorpe doctor",
      "      the same with other kernels: x86-64-v2, x86-64-v3, x86-64-v4 or x86-64-v4+bf16"
    })
public final class DoctorCommand implements Callable<Integer> {
  private static final int OLDEST_JAVA = 17;
  private static final long LITTLE_MEMORY_MEBIBYTES = 1500;

  @Mixin CommonOptions common = new CommonOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  private final List<String> problems = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /** Returns the version of the native library. */
  public static String version() {
    return Library.version();
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    problems.clear();
    remarks.clear();
    java(out);
    machine(out);
    natives(out);
    fonts(out);
    out.println();
    verdict(out);
    out.flush();
    return problems.isEmpty() ? 0 : 1;
  }

  private void java(PrintWriter out) {
    line(
        out,
        "Java",
        System.getProperty("java.vm.name")
            + " "
            + System.getProperty("java.runtime.version")
            + " in "
            + System.getProperty("java.home"));
    int version = Runtime.version().feature();
    if (version < OLDEST_JAVA) {
      problems.add("Java is " + version + ", but must be " + OLDEST_JAVA + " or newer");
    }
  }

  private void machine(PrintWriter out) {
    line(out, "system", Machine.operatingSystem());
    line(out, "processor", Machine.processor());
    line(out, "features", String.join(" ", Machine.features()));
    long available = Machine.availableMebibytes();
    line(
        out,
        "memory",
        String.format(
            Locale.ROOT,
            "%,d MiB free of %,d MiB%s; Java heap up to %,d MiB",
            available,
            Machine.totalMebibytes(),
            Machine.isLimited() ? " (the limit of a control group)" : "",
            Runtime.getRuntime().maxMemory() >> 20));
    if (available >= 0 && available < LITTLE_MEMORY_MEBIBYTES) {
      remarks.add("only " + available + " MiB of memory are free; the demo needs about 1,500 MiB");
    }
  }

  private void natives(PrintWriter out) {
    try {
      Library.load();
    } catch (OctothorpeException e) {
      line(out, "native", "not loaded");
      problems.add(String.valueOf(e.getMessage()));
      return;
    }
    String isa = Library.cpuInstructionSet();
    line(out, "kernels", "octothorpe " + Library.version() + " for " + isa);
    String warning = Library.cpuInstructionSetWarning();
    if (!warning.isEmpty()) {
      remarks.add(warning);
    }
    line(
        out,
        "bf16",
        isa.endsWith("+bf16")
            ? "fast: the processor multiplies bf16 itself (--dtype bf16)"
            : "works, but is no faster than f32 on this processor; keep --dtype f32");
    int wanted = 0;
    try {
      wanted = KernelThreads.parse(System.getenv(KernelThreads.VARIABLE));
    } catch (IllegalArgumentException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    try (Device device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(wanted))) {
      line(
          out,
          "threads",
          device.threads()
              + " ("
              + (wanted > 0 ? "OMP_NUM_THREADS; " : "")
              + "of "
              + Runtime.getRuntime().availableProcessors()
              + " processors that this process may use)");
    }
    line(out, "oneDNN", NativeLibraries.oneDnn());
    line(out, "CUDA", Gpus.find().toString());
    line(out, "emulated", emulated());
    line(out, "cache", cache());
    NativeLibraries.loaded().forEach((name, file) -> line(out, "", name + " from " + file));
  }

  private static String emulated() {
    try (Device device = Device.open("emulated")) {
      return "yes: --device emulated runs the CUDA kernels on the processor under a checker ("
          + device.variants().size()
          + " variants); slow";
    } catch (IllegalArgumentException | OctothorpeException e) {
      return "no: " + e.getMessage();
    }
  }

  private void fonts(PrintWriter out) {
    int families = Fonts.families();
    line(out, "fonts", families > 0 ? families + " families" : "none");
    if (families <= 0) {
      problems.add(
          "Java finds no fonts, so plots and contact sheets cannot be drawn: apt-get install "
              + Fonts.PACKAGES);
    }
  }

  private void verdict(PrintWriter out) {
    remarks.forEach(remark -> out.println("note: " + remark));
    problems.forEach(problem -> out.println("problem: " + problem));
    if (problems.isEmpty()) {
      out.println("verdict: ready for CPU training. Next: octothorpe demo");
    } else {
      out.println("verdict: not ready. Mend the above, then run octothorpe doctor again.");
    }
  }

  private static String cache() {
    try {
      return Loader.getCacheDir() + " (native libraries are unpacked here)";
    } catch (java.io.IOException e) {
      return "none: " + e.getMessage();
    }
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf(Locale.ROOT, "%-10s %s%n", name, value);
  }
}
