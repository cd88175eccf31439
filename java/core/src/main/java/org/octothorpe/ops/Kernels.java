package org.octothorpe.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.octothorpe.Call;
import org.octothorpe.Device;

/**
 * The providers of convolutions and matrix products of one device, in the order in which they are
 * asked: vendors first, which refuse what they are slow at, and this library last, which refuses
 * nothing. A {@linkplain Device#deterministic() deterministic} device asks only those whose results
 * do not depend on the number of threads.
 */
public final class Kernels implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Kernels.class.getName());

  private final List<KernelProvider> providers;
  private final boolean deterministic;

  private Kernels(Device device) {
    this.deterministic = device.deterministic();
    List<KernelProvider> found = new ArrayList<>();
    for (KernelProviderFactory factory :
        ServiceLoader.load(KernelProviderFactory.class, Kernels.class.getClassLoader())) {
      if (factory.serves(device)) {
        found.add(factory.open(device));
      }
    }
    found.add(new OctothorpeKernels());
    this.providers = List.copyOf(found);
  }

  /** Returns the providers of a device; they are closed with it. */
  public static Kernels of(Device device) {
    return device.resource(Kernels.class, Kernels::new);
  }

  /** Returns this library's own kernels, whoever else serves a device. */
  public static OctothorpeKernels own() {
    return new OctothorpeKernels();
  }

  /** Returns the providers that are asked, in their order. */
  public List<KernelProvider> providers() {
    return providers.stream().filter(this::allowed).toList();
  }

  /** One provider's answer: a refusal with its reason, or an empty reason where it computes. */
  public record Answer(String provider, String reason) {}

  /** Returns what every provider up to the one that computes answers, for reports. */
  public List<Answer> explain(ConvProblem problem) {
    List<Answer> answers = new ArrayList<>();
    for (KernelProvider provider : providers) {
      if (!allowed(provider)) {
        answers.add(
            new Answer(
                provider.name(),
                "not used on a deterministic device: its results depend on the number of threads"));
        continue;
      }
      try (Call call = provider.convolution(problem)) {
        String kernel = call.kernel();
        answers.add(
            new Answer(kernel.isEmpty() ? provider.name() : provider.name() + " " + kernel, ""));
        return answers;
      } catch (RefusedException e) {
        answers.add(new Answer(provider.name(), e.reason()));
      }
    }
    return answers;
  }

  /** Prepares a convolution with the first provider that does not refuse it. */
  Call convolution(ConvProblem problem) {
    return first(provider -> provider.convolution(problem));
  }

  /** Prepares a fully connected layer with the first provider that does not refuse it. */
  Call linear(LinearProblem problem) {
    return first(provider -> provider.linear(problem));
  }

  @FunctionalInterface
  private interface Preparation {
    Call by(KernelProvider provider) throws RefusedException;
  }

  private Call first(Preparation preparation) {
    String reason = "";
    for (KernelProvider provider : providers) {
      if (!allowed(provider)) {
        continue;
      }
      try {
        return preparation.by(provider);
      } catch (RefusedException e) {
        reason = e.reason();
        LOG.log(System.Logger.Level.DEBUG, "{0} refuses: {1}", provider.name(), reason);
      }
    }
    throw new IllegalStateException("every provider refuses; the last: " + reason);
  }

  private boolean allowed(KernelProvider provider) {
    return !deterministic || provider.deterministic();
  }

  @Override
  public void close() {
    providers.forEach(KernelProvider::close);
  }
}
