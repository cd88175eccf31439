package org.octothorpe;

import org.bytedeco.javacpp.Loader;
import org.octothorpe.bindings.octothorpe;

/** Loads the native libraries, once, in the order that lets them share one OpenMP runtime. */
public final class Natives {
  // OCT_UNSUPPORTED of types.h, as a literal: the binding that holds it is what failed to load.
  private static final int UNSUPPORTED = 2;

  private Natives() {}

  /**
   * Loads oneDNN (with the libgomp that its jar brings), then this library, which needs a libgomp and finds that one.
   *
   * @throws OctothorpeException if a library is missing; the message says what to add to the class path
   */
  public static void load() {
    Holder.loaded();
  }

  private static final class Holder {
    private static final boolean LOADED = tryLoad();

    static void loaded() {
      if (!LOADED) {
        throw new IllegalStateException("native libraries are not loaded");
      }
    }

    private static boolean tryLoad() {
      try {
        Loader.load(org.bytedeco.dnnl.global.dnnl.class);
        Loader.load(octothorpe.class);
        return true;
      } catch (LinkageError | RuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
          cause = cause.getCause();
        }
        OctothorpeException failure =
            new OctothorpeException(
                UNSUPPORTED,
                "the native libraries cannot be loaded on "
                    + Loader.getPlatform()
                    + ": "
                    + cause
                    + "; add org.octothorpe:octothorpe with the classifier of the platform (linux-x86_64 is built)");
        failure.initCause(e);
        throw failure;
      }
    }
  }
}
