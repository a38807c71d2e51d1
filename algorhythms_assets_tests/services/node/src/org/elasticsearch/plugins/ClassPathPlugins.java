package org.elasticsearch.plugins;

import java.util.List;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/** The plugins of a node without a distribution: HTTP, from the class path. */
public final class ClassPathPlugins extends PluginsService {
    private final List<LoadedPlugin> loaded;

    public ClassPathPlugins(Environment environment, PluginsLoader loader) {
        super(environment.settings(), environment.configDir(), loader);
        PluginDescriptor descriptor = new PluginDescriptor(
            "netty4", "", "", "", "", Netty4Plugin.class.getName(), "", List.of(), false, false, false, false, null
        );
        loaded = List.of(new LoadedPlugin(descriptor, new Netty4Plugin(), getClass().getClassLoader()));
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded;
    }
}
