package org.octothorpe;

import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;
import org.octothorpe.bindings.octothorpe;

/** Loads the native libraries, once, in the order that lets them share one OpenMP runtime. */
public final class Natives {
  // OCT_UNSUPPORTED of types.h, as a literal: the binding that holds it is what failed to load.
  private static final int UNSUPPORTED = 2;

  private Natives() {}

  /**
   * Loads oneDNN (with the libgomp that its jar brings), then this library, which needs a libgomp
   * and finds that one.
   *
   * @throws OctothorpeException if a library is missing; the message says what to add to the class
   *     path
   */
  public static void load() {
    if (Holder.FAILURE != null) {
      throw new OctothorpeException(UNSUPPORTED, Holder.FAILURE);
    }
  }

  private static final class Holder {
    // A message, not a throw: what a static initialiser throws arrives wrapped, and only the first
    // time.
    private static final @Nullable String FAILURE = tryLoad();

    private static @Nullable String tryLoad() {
      try {
        QuietVersionCheck.run();
        Loader.load(org.bytedeco.dnnl.global.dnnl.class);
        Loader.load(octothorpe.class);
        return null;
      } catch (LinkageError | RuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        return "the native libraries cannot be loaded on "
            + Loader.getPlatform()
            + ": "
            + cause
            + "; add org.octothorpe:octothorpe with the classifier of the platform (linux-x86_64 is built)";
      }
    }
  }
}
