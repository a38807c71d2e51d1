package org.elasticsearch.node;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.plugins.ClassPathPlugins;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/**
 * Runs Elasticsearch out of its jars until its standard input ends, so that it never outlives who started it.
 * The arguments are the folder of its data and the port, 0 for a free one; it prints its address.
 */
public final class SingleNode extends Node {
    private SingleNode(Settings settings) {
        super(NodeConstruction.prepareConstruction(
            new Environment(settings, null),
            PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false),
            new NodeServiceProvider() {
                @Override
                PluginsService newPluginService(Environment environment, PluginsLoader loader) {
                    return new ClassPathPlugins(environment, loader);
                }
            },
            true
        ));
    }

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        Path home = Path.of(arguments[0]);
        Settings settings = Settings.builder()
            .put("node.name", "test")
            .put("path.home", home)
            .put("http.port", arguments[1])
            .put("transport.port", "0")
            .put("network.host", "127.0.0.1")
            .put("discovery.type", "single-node")
            .put("indices.breaker.total.use_real_memory", false)
            // A nearly full disk would keep shards off this node, and the node from merging, which writes wait for.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("indices.merge.disk.check_interval", "0")
            .build();
        Node node = new SingleNode(settings).start();
        HttpServerTransport http = node.injector().getInstance(HttpServerTransport.class);
        System.out.println("http://127.0.0.1:" + http.boundAddress().publishAddress().getPort());
        while (System.in.read() >= 0) {}
        Runtime.getRuntime().halt(0);
    }
}
